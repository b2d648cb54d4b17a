import { LimitPlaces, type LimitPlacesOptions } from "./limit-places.js";
import type { ScheduledChain, StartedStep } from "./scheduled-chain.js";
import { ScheduledNode } from "./scheduled-node.js";
import { Timers } from "./timers.js";

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
  readonly #parallelism: number;
  readonly #limits: LimitPlaces;
  readonly #nodes = new Map<string, ScheduledNode<C>>();
  /** The nodes on which a step may start: only these are looked at. */
  readonly #open = new Set<ScheduledNode<C>>();
  /** How many chains have not ended. */
  #unfinished = 0;
  /** What chains have still to run that is not all that they began with. */
  readonly #left = new Map<C, readonly string[]>();
  readonly #running = new Map<C, string>();
  /** Chains that wait for a time, and then go back to their queues. */
  readonly #paused = new Set<C>();
  /** The ends of delays that are held, and of the pauses of chains that were put back. */
  readonly #timers = new Timers();

  constructor(chains: readonly C[], options: LimitPlacesOptions) {
    this.#parallelism = options.parallelism;
    this.#limits = new LimitPlaces(options);
    this.#unfinished = chains.length;
    for (const chain of chains) {
      this.#nodeOf(chain).beginChain();
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
    this.#timers.pass(nowMs);
    if (this.#limits.isAloneTaken) {
      return undefined;
    }
    return this.#start("shared") ?? (this.#limits.isFree ? this.#start("alone") : undefined);
  }

  /** When the next delay or pause ends, on the clock of `nowMs`; `undefined`: none is on. */
  nextTimerMs(): number | undefined {
    return this.#timers.nextMs;
  }

  /** The step of this chain is done. After the delay of its version, the chain goes on. */
  done(chain: C, nowMs: number): void {
    const version = this.#end(chain);
    this.#putOff(chain, this.#leftOf(chain).slice(1));
    const { delayMs = 0 } = this.#limits.of(version);
    if (delayMs > 0) {
      this.#timers.add(nowMs + delayMs, () => this.#endDelay(chain, version));
    } else {
      this.#endDelay(chain, version);
    }
  }

  /**
   * The step of this chain did not happen: it will be tried again after the other chains of its
   * node, not before `notBeforeMs`. `versions` replaces what the chain has still to run.
   */
  requeue(chain: C, options: { notBeforeMs: number; versions?: readonly string[] }): void {
    this.#limits.release(chain, this.#end(chain));
    const left = options.versions ?? this.#leftOf(chain);
    this.#putOff(chain, left);
    if (left.length > 0) {
      this.#timers.add(options.notBeforeMs, () => this.#goOn(chain, "fresh"));
    }
  }

  /** The step of this chain failed: the chain ends. Returns the versions that it never tried. */
  fail(chain: C): readonly string[] {
    this.#limits.release(chain, this.#end(chain));
    const left = this.#leftOf(chain);
    this.#forget(chain);
    return left.slice(1);
  }

  /**
   * Ends all chains that are not running (of one node, or of all), as when a node is lost or the
   * run is interrupted. Returns them with the versions that they never tried.
   */
  abandon(node?: string): { readonly chain: C; readonly notAttempted: readonly string[] }[] {
    const abandoned: C[][] = [];
    for (const one of this.#nodes.values()) {
      if (node === undefined || one.name === node) {
        abandoned.push(one.clear());
        this.#refresh(one);
      }
    }
    for (const chain of this.#paused) {
      if (node === undefined || chain.shard.node.name === node) {
        abandoned.push([chain]);
        this.#paused.delete(chain);
      }
    }
    return abandoned.flat().map((chain) => {
      const notAttempted = this.#leftOf(chain);
      this.#forget(chain);
      return { chain, notAttempted };
    });
  }

  /** Lowers the number of slots of a node that has no room for more; at least 1 stays. Returns it. */
  limitSlots(name: string, slots: number): number {
    const node = this.#node(name);
    const left = node.limitSlots(slots);
    this.#refresh(node);
    return left;
  }

  /** Uses no more than so many of the slots of a node from now on, perhaps none, until it is told otherwise. */
  wantSlots(name: string, wanted: number): void {
    const node = this.#node(name);
    node.wantSlots(wanted);
    this.#refresh(node);
  }

  /** Starts nothing more on a node, whatever may run there, until it is told otherwise. */
  hold(name: string, held: boolean): void {
    const node = this.#node(name);
    node.hold(held);
    this.#refresh(node);
  }

  /** What is left on a node: chains that do not run at the moment, chains that all run, or none. */
  leftOn(node: string): "waiting" | "running" | "nothing" {
    return this.#node(node).left;
  }

  /** Whether all slots of a node that are wanted are taken while another chain waits for one. */
  isFull(node: string): boolean {
    return this.#node(node).isFull;
  }

  /** Whether nothing runs on a node and nothing may start there yet: it is held, or all that is left waits for a time. */
  standsStill(node: string): boolean {
    return this.#node(node).standsStill;
  }

  /** Whether every chain of a node has ended. */
  isFinished(node: string): boolean {
    return this.#node(node).isFinished;
  }

  /** How many steps run on the node of this chain. */
  runningOn(chain: C): number {
    return this.#nodeOf(chain).running;
  }

  /** Whether a chain that runs has its node for itself, and keeps it as long as it runs. */
  runsAlone(chain: C): boolean {
    return this.#nodeOf(chain).runsOneAlone;
  }

  /** Whether a version of the chain is under way. */
  isRunning(chain: C): boolean {
    return this.#running.has(chain);
  }

  #start(kind: "shared" | "alone"): StartedStep<C> | undefined {
    for (const node of this.#open) {
      const step = node.startStep(kind, this.#limits);
      if (step !== undefined) {
        this.#running.set(step.chain, step.version);
        this.#refresh(node);
        return step;
      }
    }
    return undefined;
  }

  /** Frees the slot. The places in the limits stay taken until they are released. Returns what ran. */
  #end(chain: C): string {
    const version = this.#running.get(chain);
    if (version === undefined) {
      throw new Error("No version of this chain is running.");
    }
    this.#running.delete(chain);
    const node = this.#nodeOf(chain);
    node.endStep();
    this.#refresh(node);
    return version;
  }

  #endDelay(chain: C, version: string): void {
    this.#limits.release(chain, version);
    this.#goOn(chain, "begun");
  }

  #leftOf(chain: C): readonly string[] {
    return this.#left.get(chain) ?? chain.pending;
  }

  /** A chain that has these versions left waits for a time; one that has none has ended. */
  #putOff(chain: C, left: readonly string[]): void {
    if (left.length === 0) {
      this.#forget(chain);
    } else {
      this.#left.set(chain, left);
      this.#paused.add(chain);
    }
  }

  /** Puts a chain that has waited for a time back in a queue, unless it has ended meanwhile. */
  #goOn(chain: C, where: "begun" | "fresh"): void {
    if (this.#paused.delete(chain)) {
      this.#enqueue(chain, where);
    }
  }

  #enqueue(chain: C, where: "begun" | "fresh"): void {
    const [version] = this.#leftOf(chain);
    if (version !== undefined) {
      const node = this.#nodeOf(chain);
      node.enqueue(chain, version, where);
      this.#refresh(node);
    }
  }

  #forget(chain: C): void {
    this.#left.delete(chain);
    this.#unfinished--;
    this.#nodeOf(chain).endChain();
  }

  #refresh(node: ScheduledNode<C>): void {
    if (node.isOpen) {
      this.#open.add(node);
    } else {
      this.#open.delete(node);
    }
  }

  #nodeOf(chain: C): ScheduledNode<C> {
    return this.#node(chain.shard.node.name);
  }

  #node(name: string): ScheduledNode<C> {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = new ScheduledNode(name, this.#parallelism);
      this.#nodes.set(name, node);
    }
    return node;
  }
}
