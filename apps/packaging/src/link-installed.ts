import { existsSync } from "node:fs";
import { link, mkdir, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { installedWith } from "./installed-closure.js";

export interface LinkPlaces {
  /** A project that has the packages, and more. */
  readonly from: string;
  /** A folder on the same disk. What it has of them already stays. */
  readonly to: string;
  /** Packages that a folder above has for all, with what they bring along. @default none */
  readonly above?: readonly string[];
}

/** Installs packages as npm would, and nothing else, with links to those of another project. */
export async function linkInstalled(
  names: readonly string[],
  { from, to, above = [] }: LinkPlaces,
): Promise<void> {
  const there = await installedWith(from, above);
  for (const folder of (await installedWith(from, names)).keys()) {
    const target = join(to, relative(from, folder));
    if (!there.has(folder) && !existsSync(join(target, "package.json"))) {
      await linkFiles(folder, target);
    }
  }
}

async function linkFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.flatMap((entry): Promise<void>[] => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) {
        // A package that is installed below is linked by itself.
        return entry.name === "node_modules" ? [] : [linkFiles(source, target)];
      }
      return entry.isFile() ? [link(source, target)] : [];
    }),
  );
}
