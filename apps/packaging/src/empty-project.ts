import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PackedPackage, packPackages } from "./pack-packages.js";
import { startRegistry } from "./registry.js";
import { type ProgramOutput, type ProgramSurroundings, runProgram } from "./run-program.js";

/** A folder far from the repository, in which npm finds the packed packages; the home is empty, too. */
export interface EmptyProject {
  readonly folder: string;
  readonly packages: readonly PackedPackage[];
  /** Where programs run, and the environment that they have beside the machine's. */
  readonly surroundings: Required<ProgramSurroundings>;
  /** Runs a program there. */
  run(program: string, ...args: readonly string[]): Promise<ProgramOutput>;
  write(file: string, text: string): Promise<void>;
  /** Another empty folder beside this one, with the same packages and more in its environment. */
  another(env?: Readonly<Record<string, string>>): Promise<EmptyProject>;
  /** Removes all of them. */
  remove(): Promise<void>;
}

/** Packs the packages and makes an empty folder to use them in, with more in its environment. */
export async function createEmptyProject(
  env: Readonly<Record<string, string>> = {},
): Promise<EmptyProject> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "pg-mig-packaging-")));
  const tarballs = await mkdtemp(join(root, "tarballs-"));
  const packages = await packPackages(tarballs);
  const registry = await startRegistry(packages);
  const remove = async () => {
    await registry.close();
    await rm(root, { recursive: true });
  };
  const project = async (env: Readonly<Record<string, string>>): Promise<EmptyProject> => {
    const folder = await mkdtemp(join(root, "project-"));
    const home = await mkdtemp(join(root, "home-"));
    const surroundings = { cwd: folder, env: { HOME: home, ...registry.env, ...env } };
    return {
      folder,
      packages,
      surroundings,
      run: (program, ...args) => runProgram(program, args, surroundings),
      async write(file, text) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      },
      another: (more = {}) => project({ ...env, ...more }),
      remove,
    };
  };
  return project(env);
}
