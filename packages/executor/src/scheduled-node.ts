import type { MayRunBeside } from "@pg-mig/sql-rules";
import type { LimitPlaces } from "./limit-places.js";
import type { ScheduledChain, StartedStep } from "./scheduled-chain.js";

/** In the order in which they are turned to, so that those of a kind run together. */
const kindsOfNeighbour: readonly MayRunBeside[] = ["transactions", "builds", "nothing"];

/** A node of a schedule: its slots, and the chains that wait for one. */
export class ScheduledNode<C extends ScheduledChain> {
  readonly name: string;
  /** How many the server has room for. */
  #slots: number;
  /** How many are wanted. */
  #wanted: number;
  /** Whether nothing new may start for now. */
  #isHeld = false;
  /** How many chains have not ended. */
  #chains = 0;
  #running = 0;
  /** That of the steps that run here: it is the same for all of them. It says nothing if none runs. */
  #mayRunBeside: MayRunBeside = "transactions";
  /** Chains that may go on, in queues by their next version; those that have begun come first. */
  readonly #begun = new Map<string, C[]>();
  readonly #fresh = new Map<string, C[]>();

  constructor(name: string, slots: number) {
    this.name = name;
    this.#slots = slots;
    this.#wanted = slots;
  }

  /** How many steps run here. */
  get running(): number {
    return this.#running;
  }

  /** What is left here: chains that do not run at the moment, chains that all run, or none. */
  get left(): "waiting" | "running" | "nothing" {
    return this.#chains > this.#running ? "waiting" : this.#running > 0 ? "running" : "nothing";
  }

  /** Whether every chain has ended. */
  get isFinished(): boolean {
    return this.#chains === 0;
  }

  /** Whether there is both a free slot and a chain for it, and the node is not held. */
  get isOpen(): boolean {
    return !this.#isHeld && this.#running < this.#usedSlots && this.#hasWaiting;
  }

  /** Whether all slots that are wanted are taken while another chain waits for one. */
  get isFull(): boolean {
    return !this.#isHeld && this.#running >= this.#usedSlots && this.#hasWaiting;
  }

  /** Whether nothing runs and nothing may start yet: it is held, or all that is left waits for a time. */
  get standsStill(): boolean {
    return this.#running === 0 && (this.#isHeld || !this.#hasWaiting);
  }

  /** Whether the one step that runs has the node for itself, and keeps it as long as it runs. */
  get runsOneAlone(): boolean {
    return this.#running === 1 && this.#slots === 1;
  }

  /** Lowers the number of slots; at least 1 stays. Returns it. */
  limitSlots(slots: number): number {
    this.#slots = Math.max(1, Math.min(this.#slots, slots));
    return this.#slots;
  }

  wantSlots(wanted: number): void {
    this.#wanted = wanted;
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** Counts a chain until it ends. */
  beginChain(): void {
    this.#chains++;
  }

  endChain(): void {
    this.#chains--;
  }

  /** Lets a chain wait for its next version. */
  enqueue(chain: C, version: string, where: "begun" | "fresh"): void {
    const queues = where === "begun" ? this.#begun : this.#fresh;
    const queue = queues.get(version);
    if (queue === undefined) {
      queues.set(version, [chain]);
    } else {
      queue.push(chain);
    }
  }

  /** Takes the next chain that may start, and a place in the limits of its version. */
  startStep(kind: "shared" | "alone", limits: LimitPlaces): StartedStep<C> | undefined {
    for (const mayRunBeside of this.#admitted()) {
      for (const queues of [this.#begun, this.#fresh]) {
        for (const [version, queue] of queues) {
          const chain = queue[0];
          const mayStart =
            chain !== undefined &&
            limits.mayRunBeside(version) === mayRunBeside &&
            limits.hasRoom(chain, version, kind);
          if (!mayStart) {
            continue;
          }
          queue.shift();
          if (queue.length === 0) {
            queues.delete(version);
          }
          limits.take(chain, version);
          this.#running++;
          this.#mayRunBeside = mayRunBeside;
          return { chain, node: this.name, version };
        }
      }
    }
    return undefined;
  }

  /** A step has ended, and its slot is free. */
  endStep(): void {
    this.#running--;
  }

  /** Takes all chains that wait out of their queues. */
  clear(): C[] {
    const chains = [...this.#begun.values(), ...this.#fresh.values()].flat();
    this.#begun.clear();
    this.#fresh.clear();
    return chains;
  }

  get #usedSlots(): number {
    return Math.min(this.#slots, this.#wanted);
  }

  get #hasWaiting(): boolean {
    return this.#begun.size + this.#fresh.size > 0;
  }

  /** What may start beside what runs, in the order of preference. */
  #admitted(): readonly MayRunBeside[] {
    if (this.#running === 0) {
      return kindsOfNeighbour;
    }
    return this.#mayRunBeside === "nothing" ? [] : [this.#mayRunBeside];
  }
}
