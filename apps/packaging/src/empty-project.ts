import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { PackedPackage } from "./pack-packages.js";
import { makeProjectsFolder } from "./projects-folder.js";
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
  /** Another folder beside this one, with all that is in this one. */
  copy(): Promise<EmptyProject>;
  /** Removes all of them. */
  remove(): Promise<void>;
}

/**
 * Makes an empty folder to use the published packages in, with more in its environment. A command by way of
 * npx is started `directly` if the project has it: that is what npx does, after npm has started.
 */
export async function createEmptyProject(
  published: Published,
  {
    env = {},
    npx = "directly",
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly npx?: "directly" | "as it is";
  } = {},
): Promise<EmptyProject> {
  const root = await makeProjectsFolder();
  const path = npx === "directly" ? { PATH: await pathWithDirectNpx(root) } : {};
  const remove = () => rm(root, { recursive: true });
  const project = async (env: Readonly<Record<string, string>>): Promise<EmptyProject> => {
    const folder = await mkdtemp(join(root, "project-"));
    const home = await mkdtemp(join(root, "home-"));
    const surroundings = { cwd: folder, env: { HOME: home, ...path, ...published.env, ...env } };
    return {
      folder,
      packages: published.packages,
      surroundings,
      run: (program, ...args) => runWithNpm(program, args, surroundings),
      async write(file, text) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      },
      another: (more = {}) => project({ ...env, ...more }),
      async copy() {
        const copy = await project(env);
        await cp(folder, copy.folder, { recursive: true, verbatimSymlinks: true });
        return copy;
      },
      remove,
    };
  };
  return project(env);
}

/**
 * Runs a program that may be npm. npm asks its cache first: to ask the registry of each package whether there is
 * a newer one takes a fourth of the time. If the cache is too old for what is wanted, the registry is asked.
 */
async function runWithNpm(
  program: string,
  args: readonly string[],
  { cwd, env }: Required<ProgramSurroundings>,
): Promise<ProgramOutput> {
  try {
    const cacheFirst = { ...env, npm_config_prefer_offline: "true" };
    return await runProgram(program, args, { cwd, env: cacheFirst });
  } catch (error) {
    if (error instanceof Error && error.message.includes("code ETARGET")) {
      return runProgram(program, args, { cwd, env });
    }
    throw error;
  }
}

/** A `PATH` on which npx starts what the project has, and hands all else to the next npx. */
async function pathWithDirectNpx(root: string): Promise<string> {
  const folder = join(root, "bin");
  await mkdir(folder);
  const script = `#!/bin/sh
if [ -x "node_modules/.bin/$1" ]; then
  program=$1
  shift
  exec "node_modules/.bin/$program" "$@"
fi
PATH=\${PATH#*:} exec npx "$@"
`;
  await writeFile(join(folder, "npx"), script, { mode: 0o755 });
  return `${folder}${delimiter}${process.env.PATH ?? ""}`;
}
