/** Chains of a node that run at a time at first. */
const firstSlots = 2;
/** More slots must give at least this part of what they could give at best; else they are not worth their sessions. */
const leastGain = 0.2;
/** A rate is not judged by less time than this, in milliseconds. */
const shortestWindowMs = 10;
/** If no step ends for so long, the server has time for others, in milliseconds. */
const quietMs = 100;
/** The pause after a trial in vain: the first one, and the longest, in milliseconds. */
const [firstRestMs, longestRestMs] = [500, 8000];

/**
 * Finds how many chains of a node should run at a time, by how fast its steps end: a server that is busy with
 * two gets nothing from ten but the cost of their sessions. It begins with few, doubles them as long
 * as that pays, and goes back by one trial if it does not; from time to time it tries again. While this
 * process is at work all the time itself, more cannot pay, and is not tried. If no step ends for a while,
 * they wait for something else than the server, and there are more at once.
 *
 * Pure: times are arguments, in milliseconds of any clock that does not go back.
 */
export class SlotSearch {
  readonly #cpuMs: () => number;
  #most: number;
  #slots: number;
  /** What a trial with more slots is compared with. */
  #before: { readonly slots: number; readonly rate: number } | undefined;
  /** Since when all slots are at work, and the ends of steps count; `undefined`: they are not. */
  #window: { readonly sinceMs: number; readonly sinceCpuMs: number } | undefined;
  #ended = 0;
  #quietSinceMs: number;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #restMs = firstRestMs;

  /** `most` is the upper bound, `cpuMs` gives how long this process has been at work so far, on all processors. */
  constructor(most: number, nowMs: number, cpuMs: () => number) {
    this.#cpuMs = cpuMs;
    this.#most = most;
    this.#slots = Math.min(firstSlots, most);
    this.#quietSinceMs = nowMs;
  }

  /** How many should run at a time now. */
  get slots(): number {
    return this.#slots;
  }

  /** Raises the upper bound. */
  allow(most: number): void {
    this.#most = Math.max(this.#most, most);
  }

  /** A step has ended. `isFull`: all slots were at work, in open sessions, and another chain waits for one. */
  ended(nowMs: number, isFull: boolean): void {
    this.#quietSinceMs = nowMs;
    if (!isFull) {
      this.#window = undefined;
      return;
    }
    if (this.#window === undefined) {
      this.#startWindow(nowMs);
      return;
    }
    this.#ended++;
    const { sinceMs, sinceCpuMs } = this.#window;
    const elapsedMs = nowMs - sinceMs;
    if (this.#ended < 2 * this.#slots || elapsedMs < shortestWindowMs) {
      return;
    }
    const rate = this.#ended / elapsedMs;
    const { sinceCpuMs: untilCpuMs } = this.#startWindow(nowMs);
    if (this.#before !== undefined) {
      const { slots, rate: rateBefore } = this.#before;
      this.#before = undefined;
      if (rate < rateBefore * worthwhile(this.#slots / slots)) {
        this.#slots = slots;
        this.#restUntilMs = nowMs + this.#restMs;
        this.#restMs = Math.min(2 * this.#restMs, longestRestMs);
        return;
      }
      this.#restMs = firstRestMs;
    }
    const more = Math.min(2 * this.#slots, this.#most);
    const mayPay = elapsedMs >= (untilCpuMs - sinceCpuMs) * worthwhile(more / this.#slots);
    if (nowMs >= this.#restUntilMs && more > this.#slots && mayPay) {
      this.#before = { slots: this.#slots, rate };
      this.#slots = more;
    }
  }

  /** Time has gone by. */
  passed(nowMs: number, isFull: boolean): void {
    if (!isFull) {
      this.#quietSinceMs = nowMs;
    } else if (nowMs - this.#quietSinceMs >= quietMs) {
      this.#before = undefined;
      this.#slots = Math.min(2 * this.#slots, this.#most);
      this.#quietSinceMs = nowMs;
      this.#window = undefined;
    }
  }

  #startWindow(nowMs: number) {
    this.#ended = 0;
    this.#window = { sinceMs: nowMs, sinceCpuMs: this.#cpuMs() };
    return this.#window;
  }
}

/** How many times as fast so many times the slots must be. */
function worthwhile(slots: number): number {
  return 1 + leastGain * (slots - 1);
}
