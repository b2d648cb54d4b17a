import process from "node:process";
import { exitStatus } from "./exit-status.js";
import { guardOutput } from "./output-guard.js";
import { run } from "./run.js";

const stdout = guardOutput(process.stdout);
const stderr = guardOutput(process.stderr);

void main();

async function main(): Promise<never> {
  const status = await run(process.argv.slice(2), {
    stdout,
    stderr,
    env: process.env,
    cwd: () => process.cwd(),
    on: (signal, listener) => process.on(signal, listener),
    off: (signal, listener) => process.off(signal, listener),
    exit: (code) => process.exit(code),
  });
  for (const [name, output, other] of [
    ["stdout", stdout, stderr],
    ["stderr", stderr, stdout],
  ] as const) {
    await output.flushed();
    if (output.failure !== undefined) {
      other.write(
        `warning: Not all output could be written to ${name}: ${output.failure.message}\n`,
      );
    }
  }
  await Promise.all([stdout.flushed(), stderr.flushed()]);
  // Whatever a config file left open, a pool or a timer, does not keep the command.
  const lost = stdout.failure !== undefined || stderr.failure !== undefined;
  return process.exit(status === exitStatus.done && lost ? exitStatus.failed : status);
}
