import type { MayRunBeside } from "@pg-mig/sql-rules";

/** How many shards may run a version at a time, and how. All limits of a version hold together. */
export interface VersionLimits {
  /** At most so many shards at a time on one host (nodes of one host name share it). */
  readonly perHost?: number | undefined;
  /** At most so many shards at a time over the whole cluster. */
  readonly global?: number | undefined;
  /** After each shard the limits stay taken for so long, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Nothing else runs anywhere in the cluster meanwhile. */
  readonly runAlone?: boolean | undefined;
  /** What else may run on the same node meanwhile. @default "transactions" */
  readonly mayRunBeside?: MayRunBeside | undefined;
}

/** In the order in which they are turned to, so that those of a kind run together. */
const kindsOfNeighbour: readonly MayRunBeside[] = ["transactions", "builds", "nothing"];

/** One shard's chain, as the schedule sees it. */
export interface ScheduledChain {
  /** Identifies the chain in {@link ChainSchedule}'s methods. */
  readonly id: string;
  readonly node: string;
  readonly host: string;
  /** The versions to run, in order. Not empty. */
  readonly versions: readonly string[];
}

/** A step that may start now. */
export interface StartedStep {
  readonly chain: string;
  readonly node: string;
  readonly version: string;
}

/** What {@link ChainSchedule} needs to know besides the chains. */
export interface ChainScheduleOptions {
  /** How many chains of one node may run at a time. */
  readonly parallelism: number;
  /** The limits of a version; without an entry it has none. */
  readonly limits: ReadonlyMap<string, VersionLimits>;
}

/** A chain that has not ended, and what it has still to run. */
interface UnfinishedChain {
  readonly chain: ScheduledChain;
  versions: readonly string[];
}

interface NodeState {
  readonly name: string;
  /** How many there is room for. */
  slots: number;
  /** How many are wanted. */
  wanted: number;
  running: number;
  /** Whether nothing new may start for now. */
  held: boolean;
  /** Of the steps that run, if any do; all of them share it. */
  mayRunBeside: MayRunBeside;
  /** Chains that have not ended. */
  chains: number;
  /** Chains that may go on, in queues by their next version; those that have begun come first. */
  readonly begun: Map<string, UnfinishedChain[]>;
  readonly fresh: Map<string, UnfinishedChain[]>;
}

/** Something that ends at a time: the hold of a `$delay`, or the pause of a requeued chain. */
interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/**
 * Decides which step runs next: over nodes in parallel, on a node up to `parallelism` chains (fewer, if
 * fewer are wanted; none, while it is held), each
 * chain strictly in order, and under the limits of every version. It knows no clock and no server;
 * times come in as arguments, so that every order of events can be tried.
 *
 * Guarantees: no limit is exceeded at any moment; no slot stays free while a chain of its node
 * could run; a chain that a limit holds back waits outside of the slots, so limits cannot deadlock.
 * A chain that has begun goes before one that has not. A version that runs alone waits until
 * nothing else can start anywhere, so it never makes slots wait for it; in the same way, on each
 * node, concurrent builds wait until no transaction can start there.
 */
export class ChainSchedule {
  readonly #options: ChainScheduleOptions;
  readonly #nodes = new Map<string, NodeState>();
  /** The nodes that are not held and have both a free slot and a waiting chain: only these are looked at. */
  readonly #open = new Set<NodeState>();
  readonly #chains = new Map<string, UnfinishedChain>();
  readonly #running = new Map<string, string>();
  /** Taken places of limited versions, by `version`, `version host` and so on. */
  readonly #taken = new Map<string, number>();
  readonly #timers: Timer[] = [];
  /** Steps that run, and delays that are still held: what a version that runs alone waits for. */
  #busy = 0;
  #aloneBusy = false;

  constructor(chains: readonly ScheduledChain[], options: ChainScheduleOptions) {
    this.#options = options;
    for (const chain of chains) {
      const state: UnfinishedChain = { chain, versions: chain.versions };
      this.#chains.set(chain.id, state);
      this.#node(chain.node).chains++;
      this.#enqueue(state, "fresh");
    }
  }

  /** Whether every chain has ended. Delays that are still held do not count. */
  get finished(): boolean {
    return this.#chains.size === 0;
  }

  /**
   * Takes the next step that may start now, and counts it as running; `undefined`: none may until
   * a step ends or {@link nextTimerMs} comes.
   */
  take(nowMs: number): StartedStep | undefined {
    this.#runTimers(nowMs);
    if (this.#aloneBusy) {
      return undefined;
    }
    return this.#takeFrom("shared") ?? (this.#busy === 0 ? this.#takeFrom("alone") : undefined);
  }

  /** When the next delay or pause ends, on the clock of `nowMs`; `undefined`: none is on. */
  nextTimerMs(): number | undefined {
    return this.#timers[0]?.atMs;
  }

  /** The step of this chain is done. After the delay of its version, the chain goes on. */
  done(chainId: string, nowMs: number): void {
    const { state, version } = this.#end(chainId);
    state.versions = state.versions.slice(1);
    if (state.versions.length === 0) {
      this.#forget(state);
    }
    const delayMs = this.#limits(version).delayMs ?? 0;
    const release = () => {
      this.#release(state.chain, version);
      if (state.versions.length > 0) {
        this.#enqueue(state, "begun");
      }
    };
    if (delayMs > 0) {
      this.#at(nowMs + delayMs, release);
    } else {
      release();
    }
  }

  /**
   * The step of this chain did not happen: it will be tried again after the other chains of its
   * node, not before `notBeforeMs`. `versions` replaces what the chain has still to run.
   */
  requeue(chainId: string, options: { notBeforeMs: number; versions?: readonly string[] }): void {
    const { state, version } = this.#end(chainId);
    this.#release(state.chain, version);
    state.versions = options.versions ?? state.versions;
    if (state.versions.length === 0) {
      this.#forget(state);
    } else {
      this.#at(options.notBeforeMs, () => this.#enqueue(state, "fresh"));
    }
  }

  /** The step of this chain failed: the chain ends. Returns the versions that it never tried. */
  fail(chainId: string): readonly string[] {
    const { state, version } = this.#end(chainId);
    this.#release(state.chain, version);
    this.#forget(state);
    return state.versions.slice(1);
  }

  /**
   * Ends all chains that are not running (of one node, or of all), as when a node is lost or the
   * run is interrupted. Returns them with the versions that they never tried.
   */
  abandon(node?: string): { readonly chain: string; readonly notAttempted: readonly string[] }[] {
    const abandoned = [];
    for (const [id, unfinished] of this.#chains) {
      const { chain, versions } = unfinished;
      if (this.#running.has(id) || (node !== undefined && chain.node !== node)) {
        continue;
      }
      this.#forget(unfinished);
      abandoned.push({ chain: id, notAttempted: versions });
    }
    for (const state of this.#nodes.values()) {
      if (node !== undefined && state.name !== node) {
        continue;
      }
      state.begun.clear();
      state.fresh.clear();
      this.#refresh(state);
    }
    return abandoned;
  }

  /** Lowers the number of slots of a node that has no room for more; at least 1 stays. Returns it. */
  limitSlots(node: string, slots: number): number {
    const state = this.#node(node);
    state.slots = Math.max(1, Math.min(state.slots, slots));
    this.#refresh(state);
    return state.slots;
  }

  /** Uses no more than so many of the slots of a node from now on, perhaps none, until it is told otherwise. */
  wantSlots(node: string, wanted: number): void {
    const state = this.#node(node);
    state.wanted = wanted;
    this.#refresh(state);
  }

  /** Starts nothing more on a node, whatever may run there, until it is told otherwise. */
  hold(node: string, held: boolean): void {
    const state = this.#node(node);
    state.held = held;
    this.#refresh(state);
  }

  /** What is left on a node: chains that do not run at the moment, chains that all run, or none. */
  leftOn(node: string): "waiting" | "running" | "nothing" {
    const { chains, running } = this.#node(node);
    return chains > running ? "waiting" : running > 0 ? "running" : "nothing";
  }

  /** Whether all slots of a node that are wanted are taken while another chain waits for one. */
  isFull(node: string): boolean {
    const state = this.#node(node);
    return !state.held && state.running >= usedSlots(state) && hasWaiting(state);
  }

  /** Whether nothing runs on a node that is held. */
  standsStill(node: string): boolean {
    const { held, running } = this.#node(node);
    return held && running === 0;
  }

  /** Whether every chain of a node has ended. */
  isFinished(node: string): boolean {
    return this.#node(node).chains === 0;
  }

  /** How many steps run on the node of this chain. */
  runningOn(chainId: string): number {
    return this.#nodeOf(chainId).running;
  }

  /** Whether a chain that runs has its node for itself, and keeps it as long as it runs. */
  runsAlone(chainId: string): boolean {
    const { running, slots } = this.#nodeOf(chainId);
    return running === 1 && slots === 1;
  }

  #takeFrom(kind: "shared" | "alone"): StartedStep | undefined {
    for (const node of this.#open) {
      for (const mayRunBeside of admittedOn(node)) {
        const next = this.#nextOn(node, kind, mayRunBeside);
        if (next !== undefined) {
          return this.#start(node, next.chain, next.version);
        }
      }
    }
    return undefined;
  }

  /** Takes the next chain of a node out of its queue. */
  #nextOn(
    node: NodeState,
    kind: "shared" | "alone",
    mayRunBeside: MayRunBeside,
  ): { readonly chain: ScheduledChain; readonly version: string } | undefined {
    for (const queues of [node.begun, node.fresh]) {
      for (const [version, queue] of queues) {
        const next = queue[0];
        if (next === undefined || this.#mayRunBeside(version) !== mayRunBeside) {
          continue;
        }
        if (!this.#mayStart(next.chain, version, kind)) {
          continue;
        }
        queue.shift();
        if (queue.length === 0) {
          queues.delete(version);
        }
        return { chain: next.chain, version };
      }
    }
    return undefined;
  }

  /** Whether a version of the chain is under way. */
  isRunning(chainId: string): boolean {
    return this.#running.has(chainId);
  }

  #start(node: NodeState, chain: ScheduledChain, version: string): StartedStep {
    node.running++;
    node.mayRunBeside = this.#mayRunBeside(version);
    this.#refresh(node);
    this.#busy++;
    this.#aloneBusy = this.#limits(version).runAlone === true;
    this.#running.set(chain.id, version);
    this.#count(chain, version, 1);
    return { chain: chain.id, node: node.name, version };
  }

  /** Frees the slot. The places in the limits stay taken until {@link #release}. */
  #end(chainId: string): { state: UnfinishedChain; version: string } {
    const state = this.#chains.get(chainId);
    const version = this.#running.get(chainId);
    if (state === undefined || version === undefined) {
      throw new Error(`The chain "${chainId}" is not running.`);
    }
    this.#running.delete(chainId);
    const node = this.#node(state.chain.node);
    node.running--;
    this.#refresh(node);
    return { state, version };
  }

  #release(chain: ScheduledChain, version: string): void {
    this.#busy--;
    this.#aloneBusy = false;
    this.#count(chain, version, -1);
  }

  #mayStart(chain: ScheduledChain, version: string, kind: "shared" | "alone"): boolean {
    if ((this.#limits(version).runAlone === true) !== (kind === "alone")) {
      return false;
    }
    return this.#places(chain, version).every(
      ({ key, places }) => (this.#taken.get(key) ?? 0) < places,
    );
  }

  #count(chain: ScheduledChain, version: string, by: 1 | -1): void {
    for (const { key } of this.#places(chain, version)) {
      this.#taken.set(key, (this.#taken.get(key) ?? 0) + by);
    }
  }

  /** The limited resources that a step takes one place of. */
  #places(chain: ScheduledChain, version: string): { key: string; places: number }[] {
    const { perHost, global, delayMs } = this.#limits(version);
    const limited = [];
    if (global !== undefined) {
      limited.push({ key: version, places: global });
    }
    if (perHost !== undefined) {
      limited.push({ key: `${version} host ${chain.host}`, places: perHost });
    }
    if (delayMs !== undefined && delayMs > 0) {
      // Without another limit a delay is held by the slot: it paces the version, not the node.
      const places = this.#options.parallelism;
      limited.push({ key: `${version} node ${chain.node}`, places });
    }
    return limited;
  }

  #mayRunBeside(version: string): MayRunBeside {
    return this.#limits(version).mayRunBeside ?? "transactions";
  }

  #limits(version: string): VersionLimits {
    return this.#options.limits.get(version) ?? {};
  }

  #enqueue(state: UnfinishedChain, where: "begun" | "fresh"): void {
    const [version] = state.versions;
    if (version === undefined || this.#chains.get(state.chain.id) !== state) {
      return;
    }
    const node = this.#node(state.chain.node);
    const queue = node[where].get(version);
    if (queue === undefined) {
      node[where].set(version, [state]);
    } else {
      queue.push(state);
    }
    this.#refresh(node);
  }

  #forget({ chain }: UnfinishedChain): void {
    this.#chains.delete(chain.id);
    this.#node(chain.node).chains--;
  }

  #refresh(node: NodeState): void {
    if (!node.held && node.running < usedSlots(node) && hasWaiting(node)) {
      this.#open.add(node);
    } else {
      this.#open.delete(node);
    }
  }

  #nodeOf(chainId: string): NodeState {
    const state = this.#chains.get(chainId);
    if (state === undefined) {
      throw new Error(`There is no chain "${chainId}".`);
    }
    return this.#node(state.chain.node);
  }

  #node(name: string): NodeState {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      const slots = this.#options.parallelism;
      node = {
        name,
        slots,
        wanted: slots,
        running: 0,
        held: false,
        chains: 0,
        mayRunBeside: "transactions",
        begun: new Map(),
        fresh: new Map(),
      };
      this.#nodes.set(name, node);
    }
    return node;
  }

  #at(atMs: number, run: () => void): void {
    const index = this.#timers.findIndex((timer) => timer.atMs > atMs);
    this.#timers.splice(index === -1 ? this.#timers.length : index, 0, { atMs, run });
  }

  #runTimers(nowMs: number): void {
    for (
      let [timer] = this.#timers;
      timer !== undefined && timer.atMs <= nowMs;
      [timer] = this.#timers
    ) {
      this.#timers.shift();
      timer.run();
    }
  }
}

function usedSlots({ slots, wanted }: NodeState): number {
  return Math.min(slots, wanted);
}

function hasWaiting({ begun, fresh }: NodeState): boolean {
  return begun.size + fresh.size > 0;
}

/** What may start on a node beside that which runs there, in the order of preference. */
function admittedOn({ running, mayRunBeside }: NodeState): readonly MayRunBeside[] {
  if (running === 0) {
    return kindsOfNeighbour;
  }
  return mayRunBeside === "nothing" ? [] : [mayRunBeside];
}
