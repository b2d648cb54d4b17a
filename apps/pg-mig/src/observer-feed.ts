import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { wordsOf } from "@pg-mig/model";
import type { RunEvent, RunObserver } from "@pg-mig/report";

/** What an observer may take, in milliseconds. */
export interface ObserverLimits {
  /** Until the promise of one event settles, and after the last event. */
  readonly settleMs: number;
  /** Of the time of this process, in all: it could have gone to the run. */
  readonly blockMs: number;
}

const usualLimits: ObserverLimits = { settleMs: 5000, blockMs: 1000 };
/** More events than this do not wait for an observer. */
const mostWaiting = 100_000;

/** The way from a run to one observer. */
export interface ObserverFeed {
  /** Takes an event; returns at once, and never throws. */
  tell(event: RunEvent): void;
  /** Waits until the observer has had all events, for a limited time; gives what went wrong with it, as sentences. */
  end(): Promise<readonly string[]>;
}

/**
 * Tells an observer the events of a run one after the other, each as a copy, while the run goes on. Whatever the
 * observer does, throwing, hanging or blocking, the run neither fails nor waits for it.
 */
export function feedObserver(
  observer: RunObserver,
  { settleMs, blockMs }: ObserverLimits = usualLimits,
): ObserverFeed {
  const { name } = observer;
  const waiting: RunEvent[] = [];
  const troubles: string[] = [];
  let state: "idle" | "telling" | "dismissed" = "idle";
  let told: Promise<unknown> = Promise.resolve();
  let blockedMs = 0;
  let thrown = 0;

  const dismiss = (why: string) => {
    state = "dismissed";
    waiting.length = 0;
    troubles.push(`The observer "${name}" ${why}, and was told nothing more.`);
  };
  const tellOne = async (event: RunEvent) => {
    const startedAt = performance.now();
    let ended: unknown;
    try {
      ended = observer.onEvent(structuredClone(event));
    } finally {
      blockedMs += performance.now() - startedAt;
    }
    if (isThenable(ended) && (await isLate(ended, settleMs))) {
      dismiss(`did not end within ${settleMs / 1000} s with the event ${event.type}`);
    }
  };
  const tellWaiting = async () => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      // The run comes first.
      await nextTurn();
      try {
        await tellOne(event);
      } catch (error) {
        thrown++;
        if (thrown === 1) {
          const reason = wordsOf(error);
          troubles.push(`The observer "${name}" failed with the event ${event.type}: ${reason}`);
        }
      }
      if (blockedMs > blockMs && state !== "dismissed") {
        dismiss(`took ${Math.round(blockedMs)} ms of the run`);
      }
    }
    state = state === "telling" ? "idle" : state;
  };

  return {
    tell: (event) => {
      if (state === "dismissed") {
        return;
      }
      if (waiting.length >= mostWaiting) {
        dismiss(`has not taken ${mostWaiting} events in time`);
        return;
      }
      waiting.push(event);
      if (state === "idle") {
        state = "telling";
        told = tellWaiting();
      }
    },
    end: async () => {
      if ((await isLate(told, settleMs)) && state !== "dismissed") {
        dismiss(`had not taken all events ${settleMs / 1000} s after the run`);
      }
      return thrown > 1
        ? [...troubles, `The observer "${name}" failed with ${thrown - 1} more.`]
        : troubles;
    },
  };
}

/** Waits for a promise, but not longer than this, and tells whether that was too short. Rejects as the promise does. */
async function isLate(promise: PromiseLike<unknown>, ms: number): Promise<boolean> {
  const giveUp = new AbortController();
  const late = pause(ms, true, { signal: giveUp.signal }).catch(() => false);
  const settled = Promise.resolve(promise).then(() => false);
  try {
    return await Promise.race([settled, late]);
  } finally {
    giveUp.abort();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
