import { closeSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { exitStatus } from "./exit-status.js";
import { guardingOutput } from "./output-guard.js";
import { run } from "./run.js";

/**
 * The command as a program of its own: takes this process's arguments, and ends the process with the exit
 * status as soon as its work is done and all output is written, whatever a config file has left open.
 */
export function cli(): void {
  runToExit().catch((error) => {
    // Not even that could be told, and whoever listens to what nobody catches keeps Node from failing.
    process.stderr.write(`bug: ${error}\n`);
    process.exit(exitStatus.bug);
  });
}

async function runToExit(): Promise<never> {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const exit = (status: number): never => {
    closeGone(terminals);
    return process.exit(status);
  };
  const status = await guardingOutput(process, (outputs) =>
    run(process.argv.slice(2), {
      ...outputs,
      env: process.env,
      cwd: () => process.cwd(),
      on: (signal, listener) => process.on(signal, listener),
      off: (signal, listener) => process.off(signal, listener),
      onUncaught: (listener) => process.on("uncaughtException", listener),
      exit,
    }),
  );
  return exit(status);
}

/** Node aborts, instead of exiting, if it cannot reset a terminal that has gone away: that counts as closed. */
function closeGone(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (!isatty(fd)) {
      try {
        closeSync(fd);
      } catch {
        // A config file has closed it: Node knows that.
      }
    }
  }
}
