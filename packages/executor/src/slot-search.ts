/** Chains of a node that run at a time at first, and over all nodes. */
const [firstSlots, firstSlotsInAll] = [2, 4];
/** More slots must give at least this part of what they could give at best; else they are not worth their sessions. */
const leastGain = 0.2;
/** If they gave this part of it, the server is not what is waited for, and the next trial is twice as bold. */
const fullGain = 0.8;
/** And this process must have time for this part of it. */
const leastRoom = 0.5;
/** A rate is not judged by less time than this, in milliseconds. */
const shortestWindowMs = 100;
/** If no step ends while this process waits for so long, the server has time for others, in milliseconds. */
const quietMs = 100;
/** The pause after a trial in vain: the first one, and the longest, in milliseconds. */
const [firstRestMs, longestRestMs] = [500, 8000];

/** What a search asks, and when it begins. */
export interface SlotSearchOptions {
  /** The upper bound. */
  readonly most: number;
  readonly nowMs: number;
  /** How many nodes there are. */
  readonly nodes: number;
  /** How long this process has had something to do so far, in milliseconds. */
  readonly busyMs: () => number;
  /** How many steps have ended so far on all nodes of the node's host. */
  readonly endedOnHost: () => number;
}

/** What was counted so far, when it was looked at. */
interface Counts {
  readonly atMs: number;
  readonly busyMs: number;
  readonly endedOnHost: number;
}

/**
 * Finds how many chains of a node should run at a time, by how fast its steps end: a server that is busy with
 * two gets nothing from ten but the cost of their sessions. It begins with few, doubles them as long as that
 * pays, and goes back by one trial if it does not; from time to time it tries again. After a trial that paid in
 * full it takes four times as many. What a node takes from another one on its host does not pay; while this
 * process has no time for more, more is not tried. If no step ends for a while, they wait for something else than
 * the server, and there are more at once.
 *
 * Pure: times are arguments, in milliseconds of any clock that does not go back.
 */
export class SlotSearch {
  readonly #options: SlotSearchOptions;
  #most: number;
  #slots: number;
  /** What a trial with more slots is compared with: how many steps ended in a millisecond, here and on the host. */
  #before: { readonly slots: number; readonly rate: number; readonly hostRate: number } | undefined;
  /** Since when all slots are at work, and the ends of steps count; `undefined`: they are not. */
  #since: Counts | undefined;
  #ended = 0;
  /** When it was last looked whether steps end, and whether one has ended since. */
  #lookedAt: Pick<Counts, "atMs" | "busyMs">;
  #hasEnded = false;
  /** For how long the process has waited, and no step has ended. */
  #quietMs = 0;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #restMs = firstRestMs;

  constructor(options: SlotSearchOptions) {
    const { most, nowMs, nodes } = options;
    this.#options = options;
    this.#most = most;
    this.#slots = Math.min(Math.max(firstSlots, Math.ceil(firstSlotsInAll / nodes)), most);
    this.#lookedAt = { atMs: nowMs, busyMs: options.busyMs() };
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
    this.#hasEnded = true;
    if (!isFull) {
      this.#since = undefined;
      return;
    }
    if (this.#since === undefined) {
      this.#since = this.#count(nowMs);
      this.#ended = 0;
      return;
    }
    this.#ended++;
    const { atMs, busyMs, endedOnHost } = this.#since;
    const elapsedMs = nowMs - atMs;
    if (this.#ended < 2 * this.#slots || elapsedMs < shortestWindowMs) {
      return;
    }
    const now = this.#count(nowMs);
    const rate = this.#ended / elapsedMs;
    const hostRate = (now.endedOnHost - endedOnHost) / elapsedMs;
    this.#since = now;
    this.#ended = 0;
    let factor = 2;
    if (this.#before !== undefined) {
      const before = this.#before;
      this.#before = undefined;
      const atBest = before.rate * (this.#slots / before.slots - 1);
      const gain = (hostRate - before.hostRate) / atBest;
      if (gain < leastGain) {
        this.#slots = before.slots;
        this.#restUntilMs = nowMs + this.#restMs;
        this.#restMs = Math.min(2 * this.#restMs, longestRestMs);
        return;
      }
      this.#restMs = firstRestMs;
      factor = gain < fullGain ? 2 : 4;
    }
    const more = Math.min(factor * this.#slots, this.#most);
    const hasRoom = (now.busyMs - busyMs) * (1 + leastRoom * (more / this.#slots - 1)) <= elapsedMs;
    if (nowMs >= this.#restUntilMs && more > this.#slots && hasRoom) {
      this.#before = { slots: this.#slots, rate, hostRate };
      this.#slots = more;
    }
  }

  /** Time has gone by. */
  passed(nowMs: number, isFull: boolean): void {
    const before = this.#lookedAt;
    this.#lookedAt = { atMs: nowMs, busyMs: this.#options.busyMs() };
    const waitedMs = nowMs - before.atMs - (this.#lookedAt.busyMs - before.busyMs);
    this.#quietMs = isFull && !this.#hasEnded ? this.#quietMs + waitedMs : 0;
    this.#hasEnded = false;
    if (this.#quietMs >= quietMs) {
      this.#quietMs = 0;
      this.#before = undefined;
      this.#slots = Math.min(2 * this.#slots, this.#most);
      this.#since = undefined;
    }
  }

  #count(atMs: number): Counts {
    const { busyMs, endedOnHost } = this.#options;
    return { atMs, busyMs: busyMs(), endedOnHost: endedOnHost() };
  }
}
