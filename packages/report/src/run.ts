import type { Report } from "./report.js";
import type { RunEvent } from "./run-event.js";
import { RunReducer } from "./run-reducer.js";

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

/** What the events of a run have come to, those that wait to be read included. Times are of `performance.now()`. */
export type RunProgress = Pick<RunReducer, "model" | "passTime">;

/** A run whose events are counted already: who shows it need not do that once more. */
export interface CountedRun extends Run {
  readonly progress: RunProgress;
}

/** So many events that were read are kept at the most, before those that were not. */
const mostRead = 1000;

/** Starts a run: `start` does the work and calls `emit` for every event, which `counted` has then counted. */
export function createRun(
  start: (emit: (event: RunEvent) => void, counted: RunReducer) => Promise<Report>,
): CountedRun {
  const counted = new RunReducer(performance.now());
  const waiting: RunEvent[] = [];
  let read = 0;
  let wake: (() => void) | undefined;
  let ended = false;
  const emit = (event: RunEvent) => {
    counted.add(event, performance.now());
    waiting.push(event);
    wake?.();
    wake = undefined;
  };
  const result = start(emit, counted).finally(() => {
    ended = true;
    wake?.();
  });
  // Who only iterates learns of the failure there; the promise must not count as unhandled.
  result.catch(() => {});
  // A generator costs several promises an event, and there are two events a step.
  const next = (): Promise<IteratorResult<RunEvent, undefined>> => {
    const value = waiting[read];
    if (value !== undefined) {
      read++;
      if (read === waiting.length || read > mostRead) {
        waiting.splice(0, read);
        read = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    return ended
      ? result.then(() => ({ value: undefined, done: true }))
      : new Promise<void>((resolve) => {
          wake = resolve;
        }).then(next);
  };
  return { result, progress: counted, [Symbol.asyncIterator]: () => ({ next }) };
}
