import type { PlannedWork } from "./run-event.js";
import type { PlacedStep } from "./step-set.js";

/** What became of the steps of a node, or of a version. */
export interface StepCounts {
  /** Rounds included. */
  planned: number;
  /** Done, by this run or another one. */
  finished: number;
  /** Failed or in doubt. */
  failed: number;
  /** Given up unrun. */
  givenUp: number;
}

type CountsByName = Map<string, StepCounts>;

/** What became of the steps of all nodes and of all versions, each in the order in which they came. */
export class PlannedCounts {
  readonly #byNode: CountsByName = new Map();
  readonly #byVersion: CountsByName = new Map();

  get byNode(): ReadonlyMap<string, Readonly<StepCounts>> {
    return this.#byNode;
  }

  get byVersion(): ReadonlyMap<string, Readonly<StepCounts>> {
    return this.#byVersion;
  }

  /** Gives a node its place, whether or not anything is to run there. */
  addNode(node: string): void {
    countsOf(this.#byNode, node);
  }

  plan({ stepsByNode, stepsByVersion }: PlannedWork): void {
    for (const { node, steps } of stepsByNode) {
      countsOf(this.#byNode, node).planned += steps;
    }
    for (const { version, steps } of stepsByVersion) {
      countsOf(this.#byVersion, version).planned += steps;
    }
  }

  /** Counts a step `by` one more or less. */
  count({ node, version }: PlacedStep, what: keyof StepCounts, by: 1 | -1): void {
    countsOf(this.#byNode, node)[what] += by;
    countsOf(this.#byVersion, version)[what] += by;
  }

  giveUp(node: string, versions: readonly string[]): void {
    countsOf(this.#byNode, node).givenUp += versions.length;
    for (const version of versions) {
      countsOf(this.#byVersion, version).givenUp++;
    }
  }
}

function countsOf(all: CountsByName, name: string): StepCounts {
  let counts = all.get(name);
  if (counts === undefined) {
    counts = { planned: 0, finished: 0, failed: 0, givenUp: 0 };
    all.set(name, counts);
  }
  return counts;
}

/** Steps that still have to run. */
export function leftOf({ planned, finished, failed, givenUp }: Readonly<StepCounts>): number {
  return Math.max(0, planned - finished - failed - givenUp);
}
