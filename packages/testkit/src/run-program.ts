import { spawn } from "node:child_process";
import type { ServerUser } from "./server-user.js";
import { TestkitError } from "./testkit-error.js";

export interface RunProgramOptions {
  /** The user to run it as; the current one where undefined. */
  readonly user: ServerUser | undefined;
  readonly cwd: string;
}

/**
 * Runs a program to its end.
 *
 * @throws TestkitError `POSTGRES_PROGRAM_FAILED` with what it wrote, when it does not exit with 0.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunProgramOptions,
): Promise<void> {
  const output: Buffer[] = [];
  const outcome = await new Promise<number | string>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      // A Ctrl-C meant for the tests must not end it half-way: the watchdog does that.
      detached: true,
      ...options.user,
    });
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  if (outcome === 0) {
    return;
  }
  const said = Buffer.concat(output).toString().trim();
  throw new TestkitError(`${program} ended with ${outcome}: ${said}`, {
    code: "POSTGRES_PROGRAM_FAILED",
    ...(said.includes("shared libraries") && {
      hint: "The package's install script did not run: allow it (pnpm approve-builds), reinstall.",
    }),
  });
}
