import type { Report, RunEvent } from "./run-event.js";

/**
 * A run under way. Iterate over it for its events, await `result` for its report; either alone is
 * enough. Events wait in memory until they are read, so a slow reader never slows the run.
 *
 * `result` rejects only for what stopped the run before anything was changed, and for bugs; a shard
 * that fails is part of the report.
 */
export interface Run extends AsyncIterable<RunEvent> {
  readonly result: Promise<Report>;
}

/** Starts a run: `start` does the work and calls `emit` for every event. */
export function createRun(start: (emit: (event: RunEvent) => void) => Promise<Report>): Run {
  const waiting: RunEvent[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const result = start((event) => {
    waiting.push(event);
    wake?.();
  }).finally(() => {
    ended = true;
    wake?.();
  });
  // Who only iterates learns of the failure there; the promise must not count as unhandled.
  result.catch(() => {});
  return {
    result,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* waiting.splice(0);
        if (waiting.length > 0) {
          continue;
        }
        if (ended) {
          break;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await result;
    },
  };
}
