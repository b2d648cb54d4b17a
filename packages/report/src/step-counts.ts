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

/** The counts of all nodes, or of all versions, each made when it is first asked for. */
export class CountsByName {
  readonly #counts = new Map<string, StepCounts>();

  /** In the order in which the names came. */
  get byName(): ReadonlyMap<string, Readonly<StepCounts>> {
    return this.#counts;
  }

  of(name: string): StepCounts {
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      counts = { planned: 0, finished: 0, failed: 0, givenUp: 0 };
      this.#counts.set(name, counts);
    }
    return counts;
  }
}

/** Steps that still have to run. */
export function leftOf({ planned, finished, failed, givenUp }: Readonly<StepCounts>): number {
  return Math.max(0, planned - finished - failed - givenUp);
}
