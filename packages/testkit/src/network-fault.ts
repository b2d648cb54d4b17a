/** What goes wrong with one message, on its connection alone. */
export interface NetworkFault {
  /** Which SQL it is about. @default a COMMIT (or END) that is the whole message */
  readonly sql?: RegExp;
  /**
   * `request`: before the server gets any of the message. `midway`: when it has got half of it.
   * `reply`: when the server has done all of it and has answered, and before the client gets any of
   * the answer.
   */
  readonly at: "request" | "midway" | "reply";
  /**
   * `cut`: both sides lose the connection. `cut-client`: the client alone; the server hears nothing
   * and waits, in its transaction if it has one, until `thaw`. `freeze`: nobody loses anything, but
   * nothing comes through any more, until `thaw`.
   */
  readonly action: "cut" | "cut-client" | "freeze";
  /** How many messages that it is about get through before it hits. @default 0 */
  readonly skip?: number;
  /** How many messages it hits, one after the other. @default 1 */
  readonly times?: number;
}

const commit = /^\s*(COMMIT|END)(\s+(WORK|TRANSACTION))?\s*;?\s*$/i;

/** A fault that was asked for, and what has become of it. */
export class PlannedFault {
  readonly fault: NetworkFault;
  /** Resolves when the fault has happened for the first time. */
  readonly hit: Promise<void>;
  #skip: number;
  #left: number;
  #hits = 0;
  #onHit: () => void = () => {};

  constructor(fault: NetworkFault) {
    this.fault = fault;
    this.#skip = fault.skip ?? 0;
    this.#left = fault.times ?? 1;
    this.hit = new Promise((resolve) => {
      this.#onHit = resolve;
    });
  }

  /** How often it has happened so far. */
  get hits(): number {
    return this.#hits;
  }

  /** Makes sure that it does not happen again. */
  cancel(): void {
    this.#left = 0;
  }

  /** Takes one of the times it is to happen, if this message is meant. */
  claim(sql: string): boolean {
    if (this.#left === 0 || !(this.fault.sql ?? commit).test(sql)) {
      return false;
    }
    if (this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.#left -= 1;
    return true;
  }

  happened(): void {
    this.#hits += 1;
    this.#onHit();
  }
}
