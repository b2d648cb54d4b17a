import { createJsonView } from "./json-view.js";
import { createLiveView } from "./live-view.js";
import { createPlainView } from "./plain-view.js";
import type { Clock, OnExit, RunView } from "./run-view.js";
import { renderLines } from "./styled-line.js";
import { summaryLines } from "./summary.js";
import type { Terminal } from "./terminal.js";

/** Options of {@link createRunOutput}. */
export interface RunOutputOptions {
  /** `json`: the events and nothing else, on stdout. `text`: progress on stderr, the summary on stdout. */
  readonly format: "text" | "json";
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly clock: Clock;
  readonly onExit: OnExit;
}

/** All that a run shows, from its first event to the summary. `stop` is for a run that breaks off. */
export function createRunOutput(options: RunOutputOptions): RunView {
  const { format, stdout, stderr, clock, onExit } = options;
  if (format === "json") {
    return createJsonView({ stdout, stderr });
  }
  const view = stderr.isTty
    ? createLiveView({ terminal: stderr, clock, onExit })
    : createPlainView({ terminal: stderr, clock });
  return {
    handle: (event) => {
      view.handle(event);
      if (event.type === "run:done") {
        stdout.write(renderLines(summaryLines(event.report), stdout));
      }
    },
    say: (message) => view.say(message),
    stop: () => view.stop(),
  };
}
