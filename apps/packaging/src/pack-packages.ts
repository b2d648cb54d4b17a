import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run-program.js";

/** The top of the repository. */
export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** The part of a package.json that is looked at here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package as it would be published. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** The path of the tarball. */
  readonly tarball: string;
  /** Its package.json, as it is in the tarball. */
  readonly manifest: Manifest;
}

/** The packages that are published, each with its folder. */
export async function publicPackages(): Promise<
  readonly { readonly name: string; readonly folder: string }[]
> {
  const names = await readdir(join(repository, "packages"));
  const folders = [...names.map((name) => `packages/${name}`), "apps/pg-mig"];
  const all = await Promise.all(
    folders.map(async (path) => {
      const folder = join(repository, path);
      const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      return { name: manifest.name, isPrivate: manifest.private === true, folder };
    }),
  );
  return all.filter(({ isPrivate }) => !isPrivate);
}

/** Packs all public packages, as they are built, into a folder. */
export async function packPackages(folder: string): Promise<readonly PackedPackage[]> {
  const { packageManager } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  const filters = (await publicPackages()).map(({ name }) => `--filter=${name}`);
  const pack = ["pack", "--pack-destination", folder];
  await runProgram("npx", ["--yes", packageManager, "--recursive", ...filters, ...pack], {
    cwd: repository,
  });
  const files = (await readdir(folder)).filter((name) => name.endsWith(".tgz")).sort();
  return Promise.all(
    files.map(async (file) => {
      const tarball = join(folder, file);
      const { stdout } = await runProgram("tar", ["-xzOf", tarball, "package/package.json"], {
        cwd: folder,
      });
      const manifest: Manifest = JSON.parse(stdout);
      return { name: manifest.name, version: manifest.version, tarball, manifest };
    }),
  );
}
