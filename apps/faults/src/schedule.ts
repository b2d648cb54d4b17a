import type { Fault } from "./fault.js";

/** How much to do. */
export type Budget =
  /** Every fault so many times. */
  | { readonly times: number }
  /** As many rounds as fit; in each, every fault as often as its weight says. */
  | { readonly minutes: number };

/** An injection that is due. */
export interface DueInjection {
  readonly fault: Fault;
  readonly seed: number;
}

/**
 * The injections of a suite, in their order: round by round, so that a suite that is ended early has
 * had all faults. The n-th of each fault has the n-th seed, counted from the suite's.
 */
export function* schedule(
  faults: readonly Fault[],
  seed: number,
  budget: Budget,
  elapsedMs: () => number,
): Generator<DueInjection> {
  const made = new Map<Fault, number>();
  const next = (fault: Fault): DueInjection => {
    const position = made.get(fault) ?? 0;
    made.set(fault, position + 1);
    return { fault, seed: seed + position };
  };
  if ("times" in budget) {
    for (let round = 0; round < budget.times; round++) {
      yield* faults.map(next);
    }
    return;
  }
  while (faults.length > 0 && elapsedMs() < budget.minutes * 60_000) {
    for (const fault of faults) {
      for (let n = 0; n < (fault.weight ?? 1); n++) {
        yield next(fault);
      }
      if (elapsedMs() >= budget.minutes * 60_000) {
        return;
      }
    }
  }
}
