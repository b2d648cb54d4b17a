import { finishedSteps, type RunEvent, type RunModel, type RunProgress } from "@pg-mig/report";
import { createAnnouncer } from "./announcer.js";
import { createHookAnnouncer } from "./hook-announcer.js";
import { progressLine, startLines, stepLines } from "./plain-lines.js";
import { renderLines } from "./render-lines.js";
import type { Clock, RunView } from "./run-view.js";
import { type Line, line } from "./styled-line.js";
import type { Terminal } from "./terminal.js";

/** A run of no more steps than this gets a line for each. */
const smallRun = 20;
/** So often a line says how far the run is, and what it waits for: the longer it takes, the less often. */
const quietMs = (elapsedMs: number) =>
  elapsedMs < 60_000 ? 5000 : elapsedMs < 600_000 ? 15_000 : 60_000;
/** A fast run does not say more than one line a second. */
const hurriedMs = 1000;

/** Options of {@link createPlainView}. */
export interface PlainViewOptions {
  readonly terminal: Pick<Terminal, "write" | "colors" | "isTty" | "columns" | "groups">;
  /** On the same clock. */
  readonly progress: RunProgress;
  readonly clock: Clock;
  /** `all`: a line for each step, however many, and nothing cut short. @default "brief" */
  readonly detail?: "brief" | "all";
}

/**
 * Shows a run where nothing can be drawn over, as in a pipe or in CI: a line at the start, one per
 * tenth of the work or each 5 seconds (each 15 after a minute, each 60 after ten), failures at once. Its length hardly depends on the number of
 * shards; only a run of at most 20 steps gets a line for each of them.
 */
export function createPlainView({
  terminal,
  progress,
  clock,
  detail = "brief",
}: PlainViewOptions): RunView {
  const announce = createAnnouncer(detail);
  const namesSteps = (planned: number) => detail === "all" || planned <= smallRun;
  const announceHook = createHookAnnouncer();
  const { model } = progress;
  let group: "none" | "open" | "closed" = "none";
  let reported = { atMs: clock.now(), tenths: 0 };

  const print = (lines: readonly Line[]) => {
    if (lines.length > 0) {
      terminal.write(renderLines(lines, terminal));
    }
  };
  const reportProgress = () => {
    reported = { atMs: clock.now(), tenths: tenthsOf(model) };
    print([progressLine(model, clock.now())]);
  };
  const stopTimer = clock.every(hurriedMs, () => {
    progress.passTime(clock.now());
    if (
      model.slots.size > 0 &&
      clock.now() - reported.atMs >= quietMs(clock.now() - model.startedAtMs)
    ) {
      reportProgress();
    }
  });
  const stop = () => {
    stopTimer();
    if (group === "open") {
      group = "closed";
      terminal.groups?.end();
    }
  };

  return {
    handle: (event) => {
      if (event.type === "run:start" && group === "none") {
        group = "open";
        terminal.groups?.begin(event.action === "apply" ? "Applying" : "Undoing");
      }
      const named = namesSteps(model.planned);
      if (named || !isOfEachStep(event)) {
        print([
          ...startLines(event),
          ...announceHook(event),
          ...(named ? stepLines(event) : []),
          ...announce(event),
        ]);
      }
      const due = tenthsOf(model) > reported.tenths && clock.now() - reported.atMs >= hurriedMs;
      if (due && !named) {
        reportProgress();
      }
      if (event.type === "run:done") {
        stop();
      }
    },
    say: (message) => print([line(message)]),
    stop,
  };
}

/** Whether every step has such an event. A run of many does not even look at what it would say of them. */
function isOfEachStep({ type }: RunEvent): boolean {
  return type === "step:start" || type === "step:done";
}

function tenthsOf(model: RunModel): number {
  return model.planned === 0 ? 0 : Math.floor((finishedSteps(model) * 10) / model.planned);
}
