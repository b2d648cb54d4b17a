import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** All that a package depends on. */
export interface InstalledClosure {
  /** The names of the other packages, sorted; one that is installed twice counts twice. */
  readonly dependencies: readonly string[];
  /** What the package and the others take on the disk, by the sizes of their files. */
  readonly bytes: number;
}

/** Follows a package's dependencies through a project's `node_modules`. */
export async function installedClosure(project: string, name: string): Promise<InstalledClosure> {
  const installed = await findInstalled(project, [name], "dependencies");
  const sizes = await Promise.all([...installed.keys()].map(sizeOf));
  return {
    dependencies: [...installed.values()].slice(1).sort(),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** What npm installs in a project for these packages: the names, by the folders in which they are. */
export async function installedWith(
  project: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return findInstalled(project, names, "dependencies and peers");
}

async function findInstalled(
  project: string,
  names: readonly string[],
  followed: "dependencies" | "dependencies and peers",
): Promise<ReadonlyMap<string, string>> {
  const installed = new Map<string, string>();
  const visit = async (wanted: string, from: string, kind: "needed" | "optional") => {
    const folder = await locate(wanted, from, project);
    if (folder === undefined) {
      if (kind === "needed") {
        throw new Error(`${wanted}, needed by ${from}, is not installed.`);
      }
      return;
    }
    if (installed.has(folder)) {
      return;
    }
    installed.set(folder, wanted);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { dependencies = {}, optionalDependencies = {} } = manifest;
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    for (const each of Object.keys(dependencies)) {
      await visit(each, folder, each in optionalDependencies ? "optional" : "needed");
    }
    for (const each of Object.keys(optionalDependencies)) {
      await visit(each, folder, "optional");
    }
    for (const each of followed === "dependencies" ? [] : Object.keys(peerDependencies)) {
      if (peerDependenciesMeta[each]?.optional !== true) {
        await visit(each, folder, "needed");
      }
    }
  };
  for (const name of names) {
    await visit(name, project, "needed");
  }
  return installed;
}

async function locate(name: string, from: string, project: string): Promise<string | undefined> {
  for (let folder = from; folder.startsWith(project); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    const found = await stat(join(candidate, "package.json")).catch(() => undefined);
    if (found !== undefined) {
      return candidate;
    }
  }
  return undefined;
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // A package that is installed below belongs to its own closure entry.
    if (entry.name === "node_modules") {
      continue;
    }
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      bytes += await sizeOf(path);
    } else if (entry.isFile()) {
      bytes += (await stat(path)).size;
    }
  }
  return bytes;
}
