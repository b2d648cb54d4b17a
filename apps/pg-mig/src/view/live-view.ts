import type { RunProgress } from "@pg-mig/report";
import { createAnnouncer } from "./announcer.js";
import { liveFrame } from "./live-frame.js";
import { startLines } from "./plain-lines.js";
import { createRepaintArea } from "./repaint-area.js";
import type { Clock, OnExit, RunView } from "./run-view.js";
import { type Line, line, renderLine } from "./styled-line.js";
import type { Terminal } from "./terminal.js";
import { wrapLine } from "./wrap-line.js";

/** How often the screen changes at most. */
const framePeriodMs = 100;

/** A frame of a thousand nodes takes its time: after it, the run has so many times as much for itself. */
const pausePerFrame = 20;

/** Options of {@link createLiveView}. */
export interface LiveViewOptions {
  readonly terminal: Terminal;
  /** On the same clock. */
  readonly progress: RunProgress;
  readonly clock: Clock;
  readonly onExit: OnExit;
}

/**
 * Shows a run in a terminal: an area at the bottom, at most half of the screen, that is drawn over ten
 * times a second at most, less often if that takes more than a twentieth of the time, and only when it
 * changed; failures and printed lines scroll away above it. `run:done`, `stop` and the end of the process
 * erase the area and bring the cursor back.
 */
export function createLiveView({ terminal, progress, clock, onExit }: LiveViewOptions): RunView {
  const area = createRepaintArea(terminal);
  const announcementsOf = createAnnouncer();
  const { model } = progress;
  let announced: string[] = [];

  const announce = (lines: readonly Line[]) => {
    const { colors } = terminal;
    const wrapped = lines.flatMap((spans) => wrapLine(spans, terminal.columns()));
    announced.push(...wrapped.map((spans) => renderLine(spans, { colors })));
  };
  let nextFrameMs = 0;
  const draw = () => {
    const startedAtMs = clock.now();
    if (startedAtMs < nextFrameMs) {
      return;
    }
    progress.passTime(startedAtMs);
    // The last column stays empty: writing there makes some terminals wrap.
    const columns = terminal.columns() - 1;
    // Half of the screen stays with what was announced, or it would scroll away unread.
    const room = { columns, rows: Math.floor(terminal.rows() / 2), nowMs: clock.now() };
    const started = model.slots.size > 0;
    const frame = (started ? liveFrame(model, room) : []).map((spans) =>
      renderLine(spans, { columns, colors: terminal.colors }),
    );
    area.paint({ above: announced, frame });
    announced = [];
    const endedAtMs = clock.now();
    nextFrameMs = endedAtMs + (endedAtMs - startedAtMs) * pausePerFrame;
  };
  const stopTimer = clock.every(framePeriodMs, draw);
  let state: "running" | "stopped" = "running";
  const stop = () => {
    if (state === "running") {
      state = "stopped";
      stopTimer();
      forgetExit();
      area.erase(announced);
      announced = [];
    }
  };
  const forgetExit = onExit(stop);

  return {
    handle: (event) => {
      announce(startLines(event));
      announce(announcementsOf(event));
      if (event.type === "run:done") {
        stop();
      }
    },
    say: (message) => {
      announce([line(message)]);
      if (state === "stopped") {
        area.erase(announced);
        announced = [];
      }
    },
    stop,
  };
}
