import type { RunningWork } from "./run-model.js";

/** A node, and a shard on it unless before.sql or after.sql runs. */
interface WorkPlace {
  readonly node: string;
  readonly shard?: string;
}

/** What runs on each node. Work keeps its slot while it runs, so that it keeps its place on the screen. */
export class Slots {
  readonly #byNode = new Map<string, (RunningWork | undefined)[]>();

  /** Nodes in the order in which they came; a free slot holds undefined. */
  get byNode(): ReadonlyMap<string, readonly (RunningWork | undefined)[]> {
    return this.#byNode;
  }

  addNode(node: string): void {
    this.#byNode.set(node, []);
  }

  occupy(work: RunningWork): void {
    const busy = this.#of(work.node);
    const free = busy.indexOf(undefined);
    busy[free === -1 ? busy.length : free] = work;
  }

  release(place: WorkPlace): void {
    this.#replace(place, () => undefined);
  }

  /** Adds what has become known of work that runs. */
  describe(place: WorkPlace, detail: Pick<RunningWork, "blockedBy" | "progress">): void {
    this.#replace(place, (work) => ({ ...work, ...detail }));
  }

  #replace(
    { node, shard }: WorkPlace,
    change: (work: RunningWork) => RunningWork | undefined,
  ): void {
    const busy = this.#of(node);
    const index = busy.findIndex((work) => work !== undefined && work.shard === shard);
    const work = busy[index];
    if (work !== undefined) {
      busy[index] = change(work);
    }
  }

  #of(node: string): (RunningWork | undefined)[] {
    let busy = this.#byNode.get(node);
    if (busy === undefined) {
      busy = [];
      this.#byNode.set(node, busy);
    }
    return busy;
  }
}
