import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PackedPackage } from "./pack-packages.js";
import type { Published } from "./published.js";
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

/** Makes an empty folder to use the published packages in, with more in its environment. */
export async function createEmptyProject(
  published: Published,
  env: Readonly<Record<string, string>> = {},
): Promise<EmptyProject> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "pg-mig-packaging-")));
  const remove = () => rm(root, { recursive: true });
  const project = async (env: Readonly<Record<string, string>>): Promise<EmptyProject> => {
    const folder = await mkdtemp(join(root, "project-"));
    const home = await mkdtemp(join(root, "home-"));
    const surroundings = { cwd: folder, env: { HOME: home, ...published.env, ...env } };
    return {
      folder,
      packages: published.packages,
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
