import type { TimeLine } from "./report.js";

/** So many pieces a time line has at most. */
const mostPieces = 240;

/** Counts steps by the time at which they ended, in pieces that get longer with the run: a second, two, four … */
export class TimeLineRecorder {
  #everyMs = 1000;
  #done: number[] = [];
  #failed: number[] = [];

  get timeLine(): TimeLine {
    return { everyMs: this.#everyMs, done: [...this.#done], failed: [...this.#failed] };
  }

  /** Counts a step that ended so long after the start of the run. */
  add(how: "done" | "failed", atMs: number): void {
    while (atMs >= this.#everyMs * mostPieces) {
      this.#everyMs *= 2;
      this.#done = inPairs(this.#done);
      this.#failed = inPairs(this.#failed);
    }
    const piece = Math.floor(Math.max(0, atMs) / this.#everyMs);
    while (this.#done.length <= piece) {
      this.#done.push(0);
      this.#failed.push(0);
    }
    const counts = how === "done" ? this.#done : this.#failed;
    counts[piece] = (counts[piece] ?? 0) + 1;
  }
}

function inPairs(counts: readonly number[]): number[] {
  return Array.from(
    { length: Math.ceil(counts.length / 2) },
    (_, index) => (counts[2 * index] ?? 0) + (counts[2 * index + 1] ?? 0),
  );
}
