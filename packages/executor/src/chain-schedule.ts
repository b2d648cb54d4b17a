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

/**
 * One shard's chain, as the schedule sees it: structurally, a `Chain` of `@pg-mig/planner` whose shard has a
 * node. The object itself is what {@link ChainSchedule}'s methods know the chain by.
 */
export interface ScheduledChain {
  readonly shard: { readonly node: { readonly name: string; readonly host: string } };
  /** The versions to run, in order. Not empty. */
  readonly pending: readonly string[];
}

/** A step that may start now. */
export interface StartedStep<C extends ScheduledChain = ScheduledChain> {
  readonly chain: C;
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

interface NodeState<C> {
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
  readonly begun: Map<string, C[]>;
  readonly fresh: Map<string, C[]>;
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
 *
 * Of a million chains, one that has not begun takes a place in a queue and nothing else.
 */
export class ChainSchedule<C extends ScheduledChain = ScheduledChain> {
  readonly #options: ChainScheduleOptions;
  readonly #nodes = new Map<string, NodeState<C>>();
  /** The nodes that are not held and have both a free slot and a waiting chain: only these are looked at. */
  readonly #open = new Set<NodeState<C>>();
  /** How many chains have not ended. */
  #unfinished = 0;
  /** What chains have still to run that is not all that they began with. */
  readonly #left = new Map<C, readonly string[]>();
  readonly #running = new Map<C, string>();
  /** Chains that wait for a time, and then go back to their queues. */
  readonly #paused = new Set<C>();
  /** Taken places of limited versions, by `version`, `version host` and so on. */
  readonly #taken = new Map<string, number>();
  readonly #timers: Timer[] = [];
  /** Steps that run, and delays that are still held: what a version that runs alone waits for. */
  #busy = 0;
  #aloneBusy = false;

  constructor(chains: readonly C[], options: ChainScheduleOptions) {
    this.#options = options;
    this.#unfinished = chains.length;
    for (const chain of chains) {
      this.#nodeOf(chain).chains++;
      this.#enqueue(chain, "fresh");
    }
  }

  /** Whether every chain has ended. Delays that are still held do not count. */
  get finished(): boolean {
    return this.#unfinished === 0;
  }

  /**
   * Takes the next step that may start now, and counts it as running; `undefined`: none may until
   * a step ends or {@link nextTimerMs} comes.
   */
  take(nowMs: number): StartedStep<C> | undefined {
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
  done(chain: C, nowMs: number): void {
    const version = this.#end(chain);
    const left = this.#leftOf(chain).slice(1);
    if (left.length === 0) {
      this.#forget(chain);
    } else {
      this.#left.set(chain, left);
      this.#paused.add(chain);
    }
    const delayMs = this.#limits(version).delayMs ?? 0;
    const release = () => {
      this.#release(chain, version);
      this.#goOn(chain, "begun");
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
  requeue(chain: C, options: { notBeforeMs: number; versions?: readonly string[] }): void {
    this.#release(chain, this.#end(chain));
    const left = options.versions ?? this.#leftOf(chain);
    if (left.length === 0) {
      this.#forget(chain);
    } else {
      this.#left.set(chain, left);
      this.#paused.add(chain);
      this.#at(options.notBeforeMs, () => this.#goOn(chain, "fresh"));
    }
  }

  /** The step of this chain failed: the chain ends. Returns the versions that it never tried. */
  fail(chain: C): readonly string[] {
    this.#release(chain, this.#end(chain));
    const left = this.#leftOf(chain);
    this.#forget(chain);
    return left.slice(1);
  }

  /**
   * Ends all chains that are not running (of one node, or of all), as when a node is lost or the
   * run is interrupted. Returns them with the versions that they never tried.
   */
  abandon(node?: string): { readonly chain: C; readonly notAttempted: readonly string[] }[] {
    const abandoned: C[] = [];
    for (const state of this.#nodes.values()) {
      if (node === undefined || state.name === node) {
        for (const queues of [state.begun, state.fresh]) {
          for (const queue of queues.values()) {
            for (const chain of queue) {
              abandoned.push(chain);
            }
          }
          queues.clear();
        }
        this.#refresh(state);
      }
    }
    for (const chain of this.#paused) {
      if (node === undefined || chain.shard.node.name === node) {
        abandoned.push(chain);
        this.#paused.delete(chain);
      }
    }
    return abandoned.map((chain) => {
      const notAttempted = this.#leftOf(chain);
      this.#forget(chain);
      return { chain, notAttempted };
    });
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

  /** Whether nothing runs on a node and nothing may start there yet: it is held, or all that is left waits for a time. */
  standsStill(node: string): boolean {
    const state = this.#node(node);
    return state.running === 0 && (state.held || !hasWaiting(state));
  }

  /** Whether every chain of a node has ended. */
  isFinished(node: string): boolean {
    return this.#node(node).chains === 0;
  }

  /** How many steps run on the node of this chain. */
  runningOn(chain: C): number {
    return this.#nodeOf(chain).running;
  }

  /** Whether a chain that runs has its node for itself, and keeps it as long as it runs. */
  runsAlone(chain: C): boolean {
    const { running, slots } = this.#nodeOf(chain);
    return running === 1 && slots === 1;
  }

  #takeFrom(kind: "shared" | "alone"): StartedStep<C> | undefined {
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
    node: NodeState<C>,
    kind: "shared" | "alone",
    mayRunBeside: MayRunBeside,
  ): { readonly chain: C; readonly version: string } | undefined {
    for (const queues of [node.begun, node.fresh]) {
      for (const [version, queue] of queues) {
        const next = queue[0];
        if (next === undefined || this.#mayRunBeside(version) !== mayRunBeside) {
          continue;
        }
        if (!this.#mayStart(next, version, kind)) {
          continue;
        }
        queue.shift();
        if (queue.length === 0) {
          queues.delete(version);
        }
        return { chain: next, version };
      }
    }
    return undefined;
  }

  /** Whether a version of the chain is under way. */
  isRunning(chain: C): boolean {
    return this.#running.has(chain);
  }

  #start(node: NodeState<C>, chain: C, version: string): StartedStep<C> {
    node.running++;
    node.mayRunBeside = this.#mayRunBeside(version);
    this.#refresh(node);
    this.#busy++;
    this.#aloneBusy = this.#limits(version).runAlone === true;
    this.#running.set(chain, version);
    this.#count(chain, version, 1);
    return { chain, node: node.name, version };
  }

  /** Frees the slot. The places in the limits stay taken until {@link #release}. Returns what ran. */
  #end(chain: C): string {
    const version = this.#running.get(chain);
    if (version === undefined) {
      throw new Error("No version of this chain is running.");
    }
    this.#running.delete(chain);
    const node = this.#nodeOf(chain);
    node.running--;
    this.#refresh(node);
    return version;
  }

  #release(chain: C, version: string): void {
    this.#busy--;
    this.#aloneBusy = false;
    this.#count(chain, version, -1);
  }

  #mayStart(chain: C, version: string, kind: "shared" | "alone"): boolean {
    if ((this.#limits(version).runAlone === true) !== (kind === "alone")) {
      return false;
    }
    return this.#places(chain, version).every(
      ({ key, places }) => (this.#taken.get(key) ?? 0) < places,
    );
  }

  #count(chain: C, version: string, by: 1 | -1): void {
    for (const { key } of this.#places(chain, version)) {
      this.#taken.set(key, (this.#taken.get(key) ?? 0) + by);
    }
  }

  /** The limited resources that a step takes one place of. */
  #places(chain: C, version: string): { key: string; places: number }[] {
    const { perHost, global, delayMs } = this.#limits(version);
    const limited = [];
    if (global !== undefined) {
      limited.push({ key: version, places: global });
    }
    if (perHost !== undefined) {
      limited.push({ key: `${version} host ${chain.shard.node.host}`, places: perHost });
    }
    if (delayMs !== undefined && delayMs > 0) {
      // Without another limit a delay is held by the slot: it paces the version, not the node.
      const places = this.#options.parallelism;
      limited.push({ key: `${version} node ${chain.shard.node.name}`, places });
    }
    return limited;
  }

  #mayRunBeside(version: string): MayRunBeside {
    return this.#limits(version).mayRunBeside ?? "transactions";
  }

  #limits(version: string): VersionLimits {
    return this.#options.limits.get(version) ?? {};
  }

  #leftOf(chain: C): readonly string[] {
    return this.#left.get(chain) ?? chain.pending;
  }

  /** Puts a chain that has waited for a time back in a queue, unless it was abandoned meanwhile. */
  #goOn(chain: C, where: "begun" | "fresh"): void {
    if (this.#paused.delete(chain)) {
      this.#enqueue(chain, where);
    }
  }

  #enqueue(chain: C, where: "begun" | "fresh"): void {
    const [version] = this.#leftOf(chain);
    if (version === undefined) {
      return;
    }
    const node = this.#nodeOf(chain);
    const queue = node[where].get(version);
    if (queue === undefined) {
      node[where].set(version, [chain]);
    } else {
      queue.push(chain);
    }
    this.#refresh(node);
  }

  #forget(chain: C): void {
    this.#left.delete(chain);
    this.#unfinished--;
    this.#nodeOf(chain).chains--;
  }

  #refresh(node: NodeState<C>): void {
    if (!node.held && node.running < usedSlots(node) && hasWaiting(node)) {
      this.#open.add(node);
    } else {
      this.#open.delete(node);
    }
  }

  #nodeOf(chain: C): NodeState<C> {
    return this.#node(chain.shard.node.name);
  }

  #node(name: string): NodeState<C> {
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

function usedSlots({ slots, wanted }: NodeState<unknown>): number {
  return Math.min(slots, wanted);
}

function hasWaiting({ begun, fresh }: NodeState<unknown>): boolean {
  return begun.size + fresh.size > 0;
}

/** What may start on a node beside that which runs there, in the order of preference. */
function admittedOn({ running, mayRunBeside }: NodeState<unknown>): readonly MayRunBeside[] {
  if (running === 0) {
    return kindsOfNeighbour;
  }
  return mayRunBeside === "nothing" ? [] : [mayRunBeside];
}
