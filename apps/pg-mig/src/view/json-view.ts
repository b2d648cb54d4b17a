import { jsonLine } from "./json-line.js";
import type { RunView } from "./run-view.js";
import type { Terminal } from "./terminal.js";

/** Options of {@link createJsonView}. */
export interface JsonViewOptions {
  readonly stdout: Pick<Terminal, "write">;
  readonly stderr: Pick<Terminal, "write">;
}

/**
 * Writes each event as one line of JSON, just as the run gave it: the fields of `RunEvent`, `type`
 * among them, of which later versions may add some but change none. After notes of what was
 * met on the way comes `run:start`, and `run:done` with the whole report is the last.
 */
export function createJsonView({ stdout, stderr }: JsonViewOptions): RunView {
  return {
    handle: (event) => stdout.write(jsonLine(event)),
    say: (message) => stderr.write(`${message}\n`),
    stop: () => {},
  };
}
