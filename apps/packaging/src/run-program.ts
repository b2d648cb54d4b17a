import { execFile } from "node:child_process";

export interface ProgramSurroundings {
  readonly cwd: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program printed. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Rejects, with all that it printed, if it fails. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: ProgramSurroundings,
): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...cleanEnvironment(), ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ stdout, stderr });
      } else {
        reject(new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`));
      }
    });
  });
}

const notOfUsers =
  /^(npm_(config|package|lifecycle)_|pnpm_|vitest|pg|(node_(env|options|path)|ci|(no|force)_color)$)/i;

/** Without what npm, pnpm, Vitest and CI hand down: a user's shell has none of it. */
export function cleanEnvironment(): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !notOfUsers.test(name));
  return Object.fromEntries(inherited);
}
