import type { CommandProcess } from "./command-process.js";
import { exitStatus } from "./exit-status.js";
import { programVersion } from "./program-version.js";

/**
 * The command `pg-mig`: takes arguments as a shell passes them, prints, and gives the exit status.
 * It never rejects and never ends the process but on a second Ctrl-C.
 */
export async function run(args: readonly string[], process: CommandProcess): Promise<number> {
  const [only, ...others] = args;
  // Scripts ask for it often, and nothing has to be loaded for it.
  if ((only === "--version" || only === "-V") && others.length === 0) {
    process.stdout.write(`${programVersion()}\n`);
    return exitStatus.done;
  }
  const { runCommand } = await import("./run-command.js");
  return runCommand(args, process);
}
