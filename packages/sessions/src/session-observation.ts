import type { Blocker, BuildProgress } from "@pg-mig/report";
import type { SessionActivity } from "./session-activity.js";
import type { SessionWork } from "./session-pool.js";
import type { AwaitedMessage } from "./tracked-client.js";

/** What is new about a session, to be told; `undefined`: nothing is. */
export interface Seen {
  readonly blockedBy?: readonly Blocker[] | undefined;
  readonly progress?: BuildProgress | undefined;
}

/**
 * What was seen of one session while it works at one thing. Times are of whatever clock the caller
 * has; it asks nobody and does nothing.
 */
export class SessionObservation {
  readonly work: SessionWork | undefined;
  #awaited: AwaitedMessage | undefined;
  #awaitedSinceMs = 0;
  #waitingSinceMs: number | undefined;
  #missingSinceMs: number | undefined;
  #toldBlockers = "";
  #toldProgress = "";

  constructor(work: SessionWork | undefined) {
    this.work = work;
  }

  /** Takes notice of which message is under way: a wait that was told is over with its message. */
  look(awaited: AwaitedMessage | undefined): Seen {
    if (awaited === this.#awaited || this.#awaited === undefined) {
      return {};
    }
    this.#awaited = undefined;
    this.#waitingSinceMs = undefined;
    return this.#told([]);
  }

  /** What is new in what the server says; and for how long the session has been seen waiting. */
  see(
    awaited: AwaitedMessage,
    { waiting, blockedBy, progress }: SessionActivity,
    atMs: number,
  ): Seen & { readonly waitedMs: number } {
    this.#turnTo(awaited, atMs);
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
    awaited: AwaitedMessage,
    activity: SessionActivity | undefined,
    { atMs, silenceMs }: { readonly atMs: number; readonly silenceMs: number },
  ): boolean {
    this.#turnTo(awaited, atMs);
    if (activity === undefined) {
      this.#missingSinceMs ??= atMs;
      return atMs - this.#missingSinceMs >= silenceMs / 2;
    }
    this.#missingSinceMs = undefined;
    return (
      /^idle/.test(activity.state ?? "") &&
      activity.inStateMs >= silenceMs &&
      atMs - this.#awaitedSinceMs >= silenceMs
    );
  }

  #turnTo(awaited: AwaitedMessage, atMs: number): void {
    if (awaited === this.#awaited) {
      return;
    }
    this.#awaited = awaited;
    this.#awaitedSinceMs = atMs;
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
