/** Something that is to be done at a time. */
interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** What is to be done later, on a clock that the caller has. Pure. */
export class Timers {
  /** By time; those of the same time in the order in which they were added. */
  readonly #timers: Timer[] = [];

  /** When the next one comes; `undefined`: there is none. */
  get nextMs(): number | undefined {
    return this.#timers[0]?.atMs;
  }

  add(atMs: number, run: () => void): void {
    const index = this.#timers.findIndex((timer) => timer.atMs > atMs);
    this.#timers.splice(index === -1 ? this.#timers.length : index, 0, { atMs, run });
  }

  /** Does what is due. */
  pass(nowMs: number): void {
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
