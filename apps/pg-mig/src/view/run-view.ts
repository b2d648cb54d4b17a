import type { RunEvent } from "@pg-mig/report";

/** What shows a run while it goes on: the live view, plain lines, or JSON lines. */
export interface RunView {
  /** Takes the next event of the run, which its progress has counted. Never throws for what an event holds. */
  handle(event: RunEvent): void;
  /**
   * Shows a line of the command's own, such as that it is stopping. While a view runs, nobody else
   * may write to its terminal: the lines that are drawn over would not be found again.
   */
  say(message: string): void;
  /** Leaves the terminal as it was found. To be called however the run ended; again does nothing. */
  stop(): void;
}

/** Time, as a view needs it. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number;
  /** Calls `tick` every `periodMs` until the returned function is called. Keeps no process alive. */
  every(periodMs: number, tick: () => void): () => void;
}

/** The clock of the process. */
export const processClock: Clock = {
  now: () => performance.now(),
  every: (periodMs, tick) => {
    const timer = setInterval(tick, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Calls `leave` when the process ends in whatever way it still notices, until the returned function is called. */
export type OnExit = (leave: () => void) => () => void;

/** The end of this process: also by `process.exit` and by an error that nobody caught. */
export const onProcessExit: OnExit = (leave) => {
  process.once("exit", leave);
  return () => process.off("exit", leave);
};
