import type { Fault } from "./fault.js";
import { type InjectionResult, inject } from "./injection.js";
import { Lane } from "./lane.js";
import { type Budget, type DueInjection, schedule } from "./schedule.js";

export interface SuiteOptions {
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly budget: Budget;
  /** How many injections are made at a time, each on nodes of its own. */
  readonly lanes: number;
  /** The file of the command under test. */
  readonly program: string;
  /** Told every result as it comes. Returning `stop` ends the suite after what is under way. */
  readonly onResult: (due: DueInjection, result: InjectionResult) => "go-on" | "stop";
  readonly signal: AbortSignal;
}

const nodesPerLane = 2;

/** A fault that found nothing to break is tried with other seeds, so that every one happens. */
const triesToStrike = 8;

/** Makes injections until the budget is spent or the signal aborts. */
export async function runSuite(options: SuiteOptions): Promise<void> {
  const { faults, seed, budget, signal } = options;
  const startedAtMs = performance.now();
  const due = schedule(faults, seed, budget, () => performance.now() - startedAtMs);
  let stopped = false;
  const work = async () => {
    const lane = await Lane.open({ nodes: nodesPerLane });
    try {
      for (const injection of due) {
        if (stopped || signal.aborted) {
          return;
        }
        for (let tries = 1; tries <= triesToStrike; tries++) {
          const tried = { ...injection, seed: injection.seed + (tries - 1) * 1_000_000 };
          const result = await inject({ ...tried, lane, program: options.program });
          stopped ||= options.onResult(tried, result) === "stop";
          if (result.outcome === "struck" || stopped || signal.aborted) {
            break;
          }
        }
      }
    } finally {
      await lane.close();
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, work));
}
