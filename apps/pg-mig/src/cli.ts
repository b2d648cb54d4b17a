import process from "node:process";
import { guardingOutput } from "./output-guard.js";
import { run } from "./run.js";

/**
 * The command as a program of its own: takes this process's arguments, and ends the process with the exit
 * status as soon as its work is done and all output is written, whatever a config file has left open.
 */
export function cli(): void {
  void runToExit();
}

async function runToExit(): Promise<never> {
  const status = await guardingOutput(process, (outputs) =>
    run(process.argv.slice(2), {
      ...outputs,
      env: process.env,
      cwd: () => process.cwd(),
      on: (signal, listener) => process.on(signal, listener),
      off: (signal, listener) => process.off(signal, listener),
      exit: (code) => process.exit(code),
    }),
  );
  return process.exit(status);
}
