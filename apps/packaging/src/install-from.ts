import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { EmptyProject } from "./empty-project.js";
import type { InstallLine } from "./install-line.js";
import { linkInstalled } from "./link-installed.js";

/**
 * Does what npm would do for a line of a guide, with what npm has installed in another project: the packages with
 * what they bring along and nothing else, their programs, and their names in the package.json.
 */
export async function installFrom(
  stock: EmptyProject,
  { names, saved }: InstallLine,
  project: EmptyProject,
): Promise<void> {
  await linkInstalled(names, { from: stock.folder, to: project.folder });
  const manifest = await readManifest(project.folder).catch(() => ({}));
  const versions = { ...manifest[saved] };
  for (const name of names) {
    const { version, bin = {} } = await readManifest(join(project.folder, "node_modules", name));
    versions[name] = `^${version}`;
    await linkPrograms(project.folder, name, bin);
  }
  const written = { ...manifest, [saved]: versions };
  await project.write("package.json", JSON.stringify(written, undefined, 2));
}

async function readManifest(folder: string) {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

async function linkPrograms(
  folder: string,
  name: string,
  bin: string | Readonly<Record<string, string>>,
): Promise<void> {
  const programs = Object.entries(
    typeof bin === "string" ? { [name.replace(/^@[^/]*\//, "")]: bin } : bin,
  );
  const place = join(folder, "node_modules", ".bin");
  await mkdir(place, { recursive: true });
  for (const [program, path] of programs) {
    await symlink(join("..", name, path), join(place, program));
  }
}
