import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a command printed, and its exit status. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command, in a process, a folder and an environment of its own. */
export function runCommand(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [command, ...args],
      { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...env } },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}
