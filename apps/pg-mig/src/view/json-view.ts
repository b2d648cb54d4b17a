import type { RunView } from "./run-view.js";
import type { Terminal } from "./terminal.js";

/** Options of {@link createJsonView}. */
export interface JsonViewOptions {
  readonly stdout: Pick<Terminal, "write">;
  readonly stderr: Pick<Terminal, "write">;
}

/**
 * Writes each event as one line of JSON, just as the run gave it: the fields of `RunEvent`, `type`
 * among them, of which later versions may add some but change none. The first line is `run:start`,
 * the last `run:done` with the whole report.
 */
export function createJsonView({ stdout, stderr }: JsonViewOptions): RunView {
  return {
    handle: (event) => stdout.write(`${JSON.stringify(event)}\n`),
    say: (message) => stderr.write(`${message}\n`),
    stop: () => {},
  };
}
