import type { ChainSchedule } from "./chain-schedule.js";
import { SlotSearch } from "./slot-search.js";

/** The steps of one node. */
interface NodeWork {
  readonly search: SlotSearch;
  /** How many steps run in open sessions. */
  working: number;
}

/** Options of {@link NodeSlots}. */
export interface NodeSlotsOptions {
  /** The most chains that may run at a time on a node. */
  readonly parallelism: number;
  /** In milliseconds. */
  readonly now: () => number;
  /** Told once a node, if its server has no room for as many as were asked for. */
  readonly onLimit: (message: string) => void;
}

/** How many chains run at a time on each node: what its steps show to be best, and what its server has room for. */
export class NodeSlots {
  readonly #schedule: ChainSchedule;
  readonly #options: NodeSlotsOptions;
  readonly #nodes = new Map<string, NodeWork>();
  /** The nodes whose server had no room for as many as were asked for. */
  readonly #limited = new Set<string>();

  /** `nodes` are the names that the schedule knows. */
  constructor(schedule: ChainSchedule, nodes: Iterable<string>, options: NodeSlotsOptions) {
    this.#schedule = schedule;
    this.#options = options;
    for (const node of nodes) {
      if (!this.#nodes.has(node)) {
        const search = new SlotSearch(options.parallelism, options.now());
        this.#nodes.set(node, { search, working: 0 });
        schedule.wantSlots(node, search.slots);
      }
    }
  }

  /** A step runs in an open session from now on. */
  began(node: string): void {
    this.#work(node).working++;
  }

  /** A step has ended; its session is still counted. */
  learn(node: string): void {
    const work = this.#work(node);
    const { slots } = work.search;
    work.search.ended(this.#options.now(), this.#isAtWork(node, work));
    if (work.search.slots !== slots) {
      this.#schedule.wantSlots(node, work.search.slots);
    }
  }

  /** The session of a step is free. */
  left(node: string): void {
    this.#work(node).working--;
  }

  /** Looks whether more may run at a time, since all steps take long; tells whether so anywhere. */
  look(): boolean {
    let more = false;
    for (const [name, work] of this.#nodes) {
      const { slots } = work.search;
      work.search.passed(this.#options.now(), this.#isAtWork(name, work));
      if (work.search.slots !== slots) {
        this.#schedule.wantSlots(name, work.search.slots);
        more = true;
      }
    }
    return more;
  }

  /** Runs fewer shards of a node at a time from now on, since its server has no room for more. */
  limit(node: { readonly name: string; readonly label: string }, slots: number, why: string): void {
    const left = this.#schedule.limitSlots(node.name, slots);
    if (this.#limited.has(node.name)) {
      return;
    }
    this.#limited.add(node.name);
    const fewer = left === 1 ? "one shard at a time" : `at most ${left} shards at a time`;
    this.#options.onLimit(
      `Fewer shards run at once on ${node.label} from now on (${fewer}): ${why}`,
    );
  }

  #isAtWork(name: string, { search, working }: NodeWork): boolean {
    return working >= search.slots && this.#schedule.isFull(name);
  }

  #work(node: string): NodeWork {
    const work = this.#nodes.get(node);
    if (work === undefined) {
      throw new Error(`No chain is on the node ${node}`);
    }
    return work;
  }
}
