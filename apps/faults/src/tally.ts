import type { Fault } from "./fault.js";
import type { InjectionResult } from "./injection.js";

/** What came of all injections of a fault so far. */
export interface Tally {
  readonly fault: Fault;
  /** How often it really happened, and how often it found nothing to break. */
  readonly struck: number;
  readonly missed: number;
  readonly violations: number;
  /** The seed of the first injection with a violation. */
  readonly firstSeed: number | undefined;
  /** How long its injections took, in milliseconds: the middle one. */
  readonly medianMs: number | undefined;
}

/** Counts results by fault. */
export class Tallies {
  readonly #results = new Map<Fault, InjectionResult[]>();

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      this.#results.set(fault, []);
    }
  }

  add(fault: Fault, result: InjectionResult): void {
    this.#results.get(fault)?.push(result);
  }

  of(fault: Fault): Tally {
    const results = this.#results.get(fault) ?? [];
    const struck = results.filter(({ outcome }) => outcome === "struck").length;
    const durations = results.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    return {
      fault,
      struck,
      missed: results.length - struck,
      violations: results.reduce((sum, { violations }) => sum + violations.length, 0),
      firstSeed: results.find(({ violations }) => violations.length > 0)?.seed,
      medianMs: durations[Math.floor(durations.length / 2)],
    };
  }

  all(): Tally[] {
    return [...this.#results.keys()].map((fault) => this.of(fault));
  }
}
