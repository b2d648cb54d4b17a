import { ownPath } from "@pg-mig/model";
import type { RunEvent } from "@pg-mig/report";
import { lastAnswer } from "./last-answer.js";
import { connectionLost, isBug } from "./server-error.js";
import {
  parseSessionActivity,
  type SessionActivity,
  sessionActivitySql,
} from "./session-activity.js";
import type { QueryAnswer, SessionClient, SessionNode } from "./session-client.js";
import { type Seen, SessionObservation } from "./session-observation.js";
import type { BusySession, SessionPool } from "./session-pool.js";
import { endBackendsSql } from "./session-settings.js";
import { isSilence, silentNode } from "./silence.js";
import type { AwaitedMessage } from "./tracked-client.js";
import { within } from "./within.js";

/** Runs a query on a node over a connection that no version runs on. */
export type AskNode = (node: SessionNode, sql: string) => Promise<Pick<QueryAnswer, "rows">>;

export interface SessionWatchOptions {
  readonly sessions: SessionPool;
  /** What it asks over first. @default connections of its own, as where this does not answer */
  readonly ask?: AskNode | undefined;
  readonly emit: (event: RunEvent) => void;
  /** Told of a bug of the tool, once: the watch has stopped by then. */
  readonly onBug: (bug: unknown) => void;
  /** When it aborts, nothing is connected to any more: that its reason, whatever it is, comes back is no bug. */
  readonly signal?: AbortSignal | undefined;
  /** How often it looks whether a session is slow, in milliseconds. @default 250 */
  readonly tickMs?: number;
  /** A session whose query takes longer than this is asked about, in milliseconds. @default 200 */
  readonly slowMs?: number;
  /** A node is asked at most so often, in milliseconds. @default 400 */
  readonly askEveryMs?: number;
  /**
   * Of how many nodes it asks one at a tick, at most: those first that were asked longest ago. Where all are slow, it is
   * the tool itself that has no time for them, and has less for every question. @default 32
   */
  readonly askAtATick?: number;
  /** After so long without a sign of life a connection counts as broken, in milliseconds. @default 15000 */
  readonly silenceMs?: number;
  /**
   * For how long a node is waited for once it was silent for so long, in milliseconds: it is reported as away.
   * @default that begins when somebody fails to reach it
   */
  readonly reconnectForMs?: number | undefined;
}

type Optional = "ask" | "signal" | "reconnectForMs";

/** What is known of one node. */
interface NodeWatch {
  asking: boolean;
  askedAtMs: number;
  /** Since when it has answered no question. */
  silentSinceMs: number | undefined;
  /** A connection of the watch's own, where the given one does not answer. */
  own: SessionClient | undefined;
}

/** A standby that needs longer than this for a commit is told of. */
const standbyMs = 3000;

/**
 * Watches over the sessions of a run, from outside of them:
 *
 * - Who blocks a session, and how far its index is, is told by `step:waiting` and `step:progress`.
 * - A `note` tells of a node whose commits wait for a synchronous standby, once.
 * - Work that waits for others, or holds them up, longer than its limits is cancelled on its server.
 * - Connections that a network swallowed are broken, so that the run goes on and finds out what is
 *   true: all of a node that answers nobody for `silenceMs`; one alone, where the server is through
 *   with the query, or has lost the session, and no answer has come. TCP does not see a query
 *   that was sent into a partition for a quarter of an hour. A statement that runs is never touched,
 *   however long it takes, nor is a session whose client has work of its own.
 * - What such a session has left on the server is ended there, with its locks.
 *
 * It asks a node only while a session there is slow, one question for all of them, and few nodes at a time.
 */
export class SessionWatch {
  readonly #options: Required<Omit<SessionWatchOptions, Optional>> &
    Pick<SessionWatchOptions, Optional>;
  readonly #nodes = new Map<string, NodeWatch>();
  /** The names of the nodes whose standbys were told of. */
  readonly #standbysTold = new Set<string>();
  readonly #observations = new WeakMap<object, SessionObservation>();
  readonly #timer: NodeJS.Timeout;
  /** Time in which this process was awake: while it is stopped, no server can be silent. */
  #awakeMs = 0;
  #tickedAtMs = performance.now();
  #stopped = false;

  /** Begins at once; `stop` ends it. */
  constructor(options: SessionWatchOptions) {
    this.#options = {
      ...{ tickMs: 250, slowMs: 200, askEveryMs: 400, askAtATick: 32, silenceMs: 15_000 },
      ...options,
    };
    this.#timer = setInterval(() => {
      try {
        this.#tick();
      } catch (error) {
        this.#endOnBug(error);
      }
    }, this.#options.tickMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const name of this.#nodes.keys()) {
      this.#forget(name);
    }
  }

  #endOnBug(bug: unknown): void {
    if (!this.#stopped) {
      this.stop();
      this.#options.onBug(bug);
    }
  }

  #tick(): void {
    const { tickMs, slowMs, askAtATick, sessions } = this.#options;
    const nowMs = performance.now();
    this.#awakeMs += Math.min(nowMs - this.#tickedAtMs, 2 * tickMs);
    this.#tickedAtMs = nowMs;
    const busy = sessions.busy.filter(({ session }) => session.backend === "own");
    for (const one of busy) {
      this.#emit(one, this.#observation(one).look(one.session.awaited));
    }
    const nodes = new Map<string, NodeLook>();
    const lookAt = (node: SessionNode) => {
      const look = nodes.get(node.name) ?? { node, slow: [], isAbandoned: false };
      nodes.set(node.name, look);
      return look;
    };
    for (const one of busy) {
      const { slow } = lookAt(one.node);
      const { awaited } = one.session;
      if (awaited !== undefined && nowMs - awaited.sinceMs >= slowMs) {
        slow.push(one);
      }
    }
    for (const node of sessions.abandonedOn) {
      lookAt(node).isAbandoned = true;
    }
    const toAsk = [...nodes.values()].filter((look) => this.#mustAsk(look));
    if (toAsk.length > askAtATick) {
      toAsk.sort((a, b) => this.#node(a.node).askedAtMs - this.#node(b.node).askedAtMs);
    }
    for (const look of toAsk.slice(0, askAtATick)) {
      this.#askAbout(look);
    }
  }

  /** Whether a node is to be asked now. Gives up one that has been silent for too long. */
  #mustAsk({ node, slow, isAbandoned }: NodeLook): boolean {
    const { askEveryMs, silenceMs, sessions, reconnectForMs } = this.#options;
    const watch = this.#node(node);
    if (slow.length === 0) {
      watch.silentSinceMs = undefined;
      if (!isAbandoned) {
        return false;
      }
    }
    // The question may be about what is over by now; whether the node answers it counts nevertheless.
    if (watch.asking && slow.length > 0) {
      watch.silentSinceMs ??= this.#awakeMs;
    }
    if (watch.silentSinceMs !== undefined && this.#awakeMs - watch.silentSinceMs >= silenceMs) {
      this.#forget(node.name);
      if (reconnectForMs !== undefined) {
        sessions.presence.missed(node, silentNode(node, silenceMs), reconnectForMs);
      }
      sessions.destroyAll(node);
      return false;
    }
    return !watch.asking && this.#awakeMs - watch.askedAtMs >= askEveryMs;
  }

  #askAbout({ node, slow }: NodeLook): void {
    const watch = this.#node(node);
    watch.asking = true;
    watch.askedAtMs = this.#awakeMs;
    if (slow.length > 0) {
      watch.silentSinceMs ??= this.#awakeMs;
    }
    void this.#question(node, watch, slow).finally(() => {
      watch.asking = false;
    });
  }

  /** One question about the slow sessions of a node, and what follows from the answer. Never rejects. */
  async #question(node: SessionNode, watch: NodeWatch, slow: readonly BusySession[]) {
    const asked = slow.map((one) => ({ ...one, awaited: one.session.awaited }));
    const opened = asked.flatMap(({ session }) => session.opened ?? []);
    try {
      const { rows } = await this.#ask(node, watch, sessionActivitySql(opened));
      watch.silentSinceMs = undefined;
      const activities = new Map(parseSessionActivity(rows).map((one) => [one.pid, one]));
      for (const { awaited, ...one } of asked) {
        // What has got its answer since, or runs something else by now, is not what was asked about.
        if (awaited === undefined || one.session.awaited !== awaited) {
          continue;
        }
        this.#judge(one, activities.get(one.session.opened?.pid ?? 0));
      }
      const abandoned = this.#options.sessions.takeAbandoned(node);
      if (abandoned.length > 0) {
        await this.#ask(node, watch, endBackendsSql(abandoned));
      }
    } catch (error) {
      if (isBug(error) && error !== this.#options.signal?.reason) {
        this.#endOnBug(error);
      }
      if (!isSilence(error)) {
        watch.silentSinceMs = undefined;
      }
    }
  }

  /** Asks over the given connection; where that is broken or silent, over one of the watch's own. */
  async #ask(node: SessionNode, watch: NodeWatch, sql: string) {
    const { ask, sessions, silenceMs } = this.#options;
    const asking = ask?.(node, sql) ?? Promise.reject(connectionLost("There is no connection."));
    const answer = await within(silenceMs / 2, asking).catch((error: unknown) => {
      if (isBug(error)) {
        throw error;
      }
      return "late" as const;
    });
    if (answer !== "late") {
      return answer;
    }
    const own = watch.own ?? (await sessions.connect(node));
    watch.own = own;
    if (this.#nodes.get(node.name) !== watch) {
      hangUp(own);
    }
    try {
      return lastAnswer(await own.query(`SET LOCAL search_path TO ${ownPath};\n${sql}`));
    } catch (error) {
      hangUp(own);
      watch.own = undefined;
      throw error;
    }
  }

  #judge(one: BusySession, activity: SessionActivity | undefined): void {
    const { session, work } = one;
    const { sessions, silenceMs } = this.#options;
    const { awaited } = session;
    if (awaited === undefined) {
      return;
    }
    const observation = this.#observation(one);
    if (observation.isCutOff(awaited, activity, { atMs: this.#awakeMs, silenceMs })) {
      session.destroy();
      return;
    }
    if (activity === undefined) {
      return;
    }
    if (activity.waiting) {
      session.blockedBy = activity.blockedBy;
    }
    this.#tellStandbys(one.node, activity, awaited);
    const { waitedMs, ...seen } = observation.see(awaited, activity, this.#awakeMs);
    this.#emit(one, seen);
    const limitMs = activity.obstructs ? work?.obstructLimitMs : work?.waitLimitMs;
    if (limitMs === undefined || waitedMs < limitMs) {
      return;
    }
    session.gaveUp = activity.obstructs ? "obstructing" : "waiting";
    void sessions.cancel(one);
  }

  #tellStandbys(
    { name, label }: SessionNode,
    { awaitedStandbys }: SessionActivity,
    { sinceMs }: AwaitedMessage,
  ): void {
    const isLate = awaitedStandbys !== undefined && performance.now() - sinceMs >= standbyMs;
    if (isLate && !this.#standbysTold.has(name)) {
      this.#standbysTold.add(name);
      const message = `A commit on ${label} waits for synchronous standbys (synchronous_standby_names = '${awaitedStandbys}'). It is done when they answer, or when that setting is changed there.`;
      this.#options.emit({ type: "note", message });
    }
  }

  #emit({ node, work }: BusySession, { blockedBy, progress }: Seen): void {
    if (work === undefined) {
      return;
    }
    const { waitLimitMs: _, obstructLimitMs: __, ...what } = work;
    const place = { node: node.label, ...what };
    const { emit } = this.#options;
    if (blockedBy !== undefined) {
      emit({ type: "step:waiting", ...place, blockedBy });
    }
    if (progress !== undefined) {
      emit({ type: "step:progress", ...place, ...progress });
    }
  }

  #node({ name }: SessionNode): NodeWatch {
    let watch = this.#nodes.get(name);
    if (watch === undefined) {
      const askedAtMs = Number.NEGATIVE_INFINITY;
      watch = { asking: false, askedAtMs, silentSinceMs: undefined, own: undefined };
      this.#nodes.set(name, watch);
    }
    return watch;
  }

  /** Breaks the connection to a node, and with it any query that still runs there. */
  #forget(name: string): void {
    hangUp(this.#nodes.get(name)?.own);
    this.#nodes.delete(name);
  }

  #observation({ session, work }: BusySession): SessionObservation {
    // A session that was taken for something else has new work: nothing is known of that.
    let observation = this.#observations.get(session);
    if (observation === undefined || observation.work !== work) {
      observation = new SessionObservation(work);
      this.#observations.set(session, observation);
    }
    return observation;
  }
}

/** What a look finds on a node. */
interface NodeLook {
  readonly node: SessionNode;
  /** The sessions whose message has waited long for its answer. */
  readonly slow: BusySession[];
  /** Whether the server may still have sessions whose connection broke. */
  isAbandoned: boolean;
}

/** Ends a connection without waiting: one that is broken takes no leave. */
function hangUp(client: SessionClient | undefined): void {
  client?.connection?.stream.destroy();
}
