import type { Blocker, BuildProgress } from "@pg-mig/report";
import type { SessionActivity } from "./session-activity.js";
import type { SessionWork } from "./session-pool.js";
import type { Flight } from "./tracked-client.js";

/** What is new about a session, to be told; `undefined`: nothing is. */
export interface Seen {
  readonly blockedBy?: readonly Blocker[] | undefined;
  readonly progress?: BuildProgress | undefined;
}

/**
 * What was seen of one session while it works at one thing. Times are of whatever clock the caller
 * has; it asks nobody and does nothing.
 */
export class SessionSight {
  readonly work: SessionWork | undefined;
  #flight: Flight | undefined;
  #flightSinceMs = 0;
  #waitingSinceMs: number | undefined;
  #missingSinceMs: number | undefined;
  #toldBlockers = "";
  #toldProgress = "";

  constructor(work: SessionWork | undefined) {
    this.work = work;
  }

  /** Takes notice of which message is under way: a wait that was told is over with its message. */
  look(flight: Flight | undefined): Seen {
    if (flight === this.#flight || this.#flight === undefined) {
      return {};
    }
    this.#flight = undefined;
    this.#waitingSinceMs = undefined;
    return this.#told([]);
  }

  /** What is new in what the server says; and for how long the session has been seen waiting. */
  see(
    flight: Flight,
    { waiting, blockedBy, progress }: SessionActivity,
    atMs: number,
  ): Seen & { readonly waitedMs: number } {
    this.#turnTo(flight, atMs);
    this.#waitingSinceMs = waiting ? (this.#waitingSinceMs ?? atMs) : undefined;
    const waitedMs = this.#waitingSinceMs === undefined ? 0 : atMs - this.#waitingSinceMs;
    const key = JSON.stringify(progress);
    const isNew = progress !== undefined && key !== this.#toldProgress;
    if (isNew) {
      this.#toldProgress = key;
    }
    return { ...this.#told(waiting ? blockedBy : []), waitedMs, ...(isNew ? { progress } : {}) };
  }

  /**
   * Whether the connection cannot bring the answer any more: the server is through with all that it
   * got, and has been for `silenceMs`; or it has no such session, for half of that time, since the
   * last words of a session that ended may still be under way.
   */
  isCutOff(
    flight: Flight,
    activity: SessionActivity | undefined,
    { atMs, silenceMs }: { readonly atMs: number; readonly silenceMs: number },
  ): boolean {
    this.#turnTo(flight, atMs);
    if (activity === undefined) {
      this.#missingSinceMs ??= atMs;
      return atMs - this.#missingSinceMs >= silenceMs / 2;
    }
    this.#missingSinceMs = undefined;
    return (
      /^idle/.test(activity.state ?? "") &&
      activity.inStateMs >= silenceMs &&
      atMs - this.#flightSinceMs >= silenceMs
    );
  }

  #turnTo(flight: Flight, atMs: number): void {
    if (flight === this.#flight) {
      return;
    }
    this.#flight = flight;
    this.#flightSinceMs = atMs;
    this.#waitingSinceMs = undefined;
    this.#missingSinceMs = undefined;
  }

  #told(blockedBy: readonly Blocker[]): Seen {
    const key = blockedBy.map(({ pid, since }) => `${pid} ${since}`).join();
    if (key === this.#toldBlockers) {
      return {};
    }
    this.#toldBlockers = key;
    return { blockedBy };
  }
}
