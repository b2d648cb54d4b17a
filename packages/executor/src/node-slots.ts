import type { ChainSchedule } from "./chain-schedule.js";
import type { ScheduledChain } from "./scheduled-chain.js";
import { SlotSearch } from "./slot-search.js";

/** The steps of one node. */
interface NodeWork {
  readonly search: SlotSearch;
  readonly host: HostWork;
  /** How many steps run in open sessions. */
  working: number;
}

/** The steps of all nodes on one host: they share its processors. */
interface HostWork {
  ended: number;
}

/** Options of {@link NodeSlots}. */
export interface NodeSlotsOptions {
  /** The most chains that may run at a time on a node. */
  readonly parallelism: number;
  /**
   * The most chains that may run at a time over all nodes. Each node that has something to do has the same
   * part of them; if there are fewer than nodes, some nodes wait until others have come to their end,
   * or are held.
   */
  readonly maxSessions: number;
  /** Told of a node whose sessions another one waits for: it has come to its end, or is held. */
  readonly onSpare: (node: string) => void;
  /** In milliseconds. */
  readonly now: () => number;
  /** How long this process has had something to do so far, in milliseconds. */
  readonly busyMs: () => number;
  /** Told once a node, if its server has no room for as many as were asked for. */
  readonly onLimit: (message: string) => void;
}

/** How many chains run at a time on each node: what its steps show to be best, and what its server has room for. */
export class NodeSlots {
  readonly #schedule: ChainSchedule;
  readonly #options: NodeSlotsOptions;
  readonly #hostOf = new Map<string, HostWork>();
  /** The nodes at work, until they have come to their end. */
  readonly #nodes = new Map<string, NodeWork>();
  /** The most chains that may run at a time on each of them. */
  #most: number;
  /** The nodes whose server had no room for as many as were asked for. */
  readonly #limited = new Set<string>();
  /** The nodes that wait until others have come to their end, or are held. */
  readonly #waiting: string[];

  /** `nodes` are those of the schedule. */
  constructor(
    schedule: ChainSchedule,
    nodes: readonly ScheduledChain["shard"]["node"][],
    options: NodeSlotsOptions,
  ) {
    this.#schedule = schedule;
    this.#options = options;
    const hosts = new Map<string, HostWork>();
    for (const { name, host } of nodes) {
      const work = hosts.get(host) ?? { ended: 0 };
      hosts.set(host, work);
      this.#hostOf.set(name, work);
    }
    const names = [...this.#hostOf.keys()];
    this.#waiting = names.splice(options.maxSessions);
    this.#most = this.#share(names.length);
    for (const name of names) {
      this.#admit(name);
    }
    for (const name of this.#waiting) {
      schedule.wantSlots(name, 0);
    }
  }

  /** Of the nodes with idle sessions, those that must close them before anything starts: they would be too many. */
  toClose(idleOn: readonly string[]): readonly string[] {
    const others = idleOn.filter((name) => !this.#nodes.has(name));
    const room = this.#options.maxSessions - this.#nodes.size * this.#most;
    return others.length > room ? others : [];
  }

  /** A step runs in an open session from now on. */
  began(node: string): void {
    this.#work(node).working++;
  }

  /** A step has ended; its session is still counted. */
  learn(node: string): void {
    const work = this.#work(node);
    const { slots } = work.search;
    work.host.ended++;
    work.search.ended(this.#options.now(), this.#isAtWork(node, work));
    if (work.search.slots !== slots) {
      this.#schedule.wantSlots(node, work.search.slots);
    }
  }

  /** The session of a step is free. */
  left(node: string): void {
    this.#work(node).working--;
    this.#endIfFinished(node);
  }

  /** Looks whether more may run at a time, since all steps take long; tells whether so anywhere. */
  look(): boolean {
    let more = false;
    // Nodes may come and go meanwhile.
    for (const [name, work] of [...this.#nodes]) {
      if (this.#endIfFinished(name)) {
        more = true;
        continue;
      }
      // A step that has ended may still have its session.
      if (this.#waiting.length > 0 && work.working === 0 && this.#schedule.standsStill(name)) {
        this.#putBack(name);
        more = true;
        continue;
      }
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

  /** Gives the part of a node that has come to its end to the others. */
  #endIfFinished(name: string): boolean {
    const { working } = this.#work(name);
    if (working > 0 || !this.#schedule.isFinished(name)) {
      return false;
    }
    this.#nodes.delete(name);
    if (this.#waiting.length === 0 && this.#most === this.#options.parallelism) {
      return false;
    }
    this.#makeRoom(name);
    const most = this.#share(this.#nodes.size);
    if (most > this.#most) {
      this.#most = most;
      for (const { search } of this.#nodes.values()) {
        search.allow(most);
      }
    }
    return true;
  }

  /** Lets another node go before one on which nothing may start for now. */
  #putBack(name: string): void {
    this.#nodes.delete(name);
    this.#schedule.wantSlots(name, 0);
    this.#makeRoom(name);
    this.#waiting.push(name);
  }

  #makeRoom(name: string): void {
    this.#options.onSpare(name);
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#admit(next);
    }
  }

  #share(nodes: number): number {
    const { maxSessions, parallelism } = this.#options;
    return Math.max(1, Math.min(parallelism, Math.floor(maxSessions / nodes)));
  }

  #admit(name: string): void {
    const host = this.#hostOf.get(name) ?? { ended: 0 };
    const search = new SlotSearch({
      most: this.#most,
      nowMs: this.#options.now(),
      nodes: this.#hostOf.size,
      busyMs: this.#options.busyMs,
      endedOnHost: () => host.ended,
    });
    this.#nodes.set(name, { search, host, working: 0 });
    this.#schedule.wantSlots(name, search.slots);
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
