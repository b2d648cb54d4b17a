import type { RunProgress } from "@pg-mig/report";
import { createJsonView } from "./json-view.js";
import { createLiveView } from "./live-view.js";
import { createPlainView } from "./plain-view.js";
import { renderLines } from "./render-lines.js";
import type { Clock, OnExit, RunView } from "./run-view.js";
import { summaryLines, warningSummary } from "./summary.js";
import type { Terminal } from "./terminal.js";

/** Options of {@link createRunOutput}. */
export interface RunOutputOptions {
  /** `json`: the events and nothing else, on stdout. `text`: progress on stderr, the summary on stdout. */
  readonly format: "text" | "json";
  /**
   * How much a run tells as text. `brief`: its progress, each kind of news a few times, and the summary.
   * `all`: a line for each step, and nothing cut short. `problems`: nothing but the summary of a run that
   * failed, and warnings.
   */
  readonly detail: "problems" | "brief" | "all";
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Of the run whose events are shown, on the same clock. */
  readonly progress: RunProgress;
  readonly clock: Clock;
  readonly onExit: OnExit;
}

/** How wide a table may be if nobody says how much room there is. */
const pipeColumns = 120;

/** All that a run shows, from its first event to the summary. `stop` is for a run that breaks off. */
export function createRunOutput(options: RunOutputOptions): RunView {
  const { format, detail, stdout, stderr } = options;
  if (format === "json") {
    return createJsonView({ stdout, stderr });
  }
  const view = viewOf(options);
  return {
    handle: (event) => {
      view.handle(event);
      if (event.type === "run:done") {
        const { report } = event;
        const isWell = report.outcome === "done" || report.outcome === "nothing-to-do";
        const columns = stdout.isTty ? stdout.columns() : pipeColumns;
        const lines =
          detail === "problems" && isWell
            ? warningSummary(report, { columns })
            : summaryLines(report, { detail, columns });
        stdout.write(renderLines(lines, stdout));
      }
    },
    say: (message) => view.say(message),
    stop: () => view.stop(),
  };
}

function viewOf({ detail, stderr, progress, clock, onExit }: RunOutputOptions): RunView {
  switch (detail) {
    case "problems":
      return { handle: () => {}, say: (message) => stderr.write(`${message}\n`), stop: () => {} };
    case "all":
      return createPlainView({ terminal: stderr, progress, clock, detail });
    case "brief":
      return stderr.isTty
        ? createLiveView({ terminal: stderr, progress, clock, onExit })
        : createPlainView({ terminal: stderr, progress, clock, detail });
  }
}
