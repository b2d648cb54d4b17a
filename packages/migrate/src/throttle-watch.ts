import type { ChainThrottle, HeldChains } from "@pg-mig/executor";
import { isPgMigError, ownPathSql, PgMigError, type Throttle, wordsOf } from "@pg-mig/model";
import { countOf, formatDuration, type RunEvent } from "@pg-mig/report";
import {
  firstColumn,
  isBug,
  isConnectionLoss,
  lastAnswer,
  type OpenCluster,
  type OpenNode,
  onEachNode,
  pause,
  Session,
  type SessionClient,
  type SessionNode,
  serverWords,
  within,
} from "@pg-mig/sessions";
import { judgeThrottle, type ThrottleAnswer, type ThrottleState } from "./judge-throttle.js";
import { parseReading, type ServerReading, throttleSql, whyPaused } from "./throttle-reading.js";

export interface ThrottleWatchOptions {
  readonly throttle: Throttle;
  readonly sessions: OpenCluster["sessions"];
  readonly emit: (event: RunEvent) => void;
  /** Told why, if something has waited for the longest time that it may. */
  readonly onOver: (reason: string) => void;
  /** Told of a bug of the tool. */
  readonly onBug: (bug: unknown) => void;
  /** The time, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** What a node was last found to be. */
interface WatchedNode {
  client: SessionClient | undefined;
  /** What {@link ThrottleWatch.check} has found, until it is used, and when. */
  checked: { readonly found: Found; readonly atMs: number } | undefined;
  state: ThrottleState;
}

/** What came of asking, and what there is to say of it: of what is unknown, why. */
type Found = ThrottleAnswer & { readonly server?: ServerReading; readonly why?: string };

/** How long nodes are left alone between two questions, in milliseconds. */
const askEveryMs = 1000;
/** A server that takes longer for a question is not asked further, in milliseconds. */
const questionMs = 5000;
/** A server that is silent for so long is not there, in milliseconds. */
const silenceMs = 15_000;

/**
 * Looks once a second how each node is that chains are on, over a connection of its own, and holds the chains
 * of those that the throttle pauses. No version starts before the first answer of its node. A node that lets
 * nobody in is not held: whoever wants to start something there waits for it, or gives it up.
 */
export class ThrottleWatch implements ChainThrottle {
  readonly #options: ThrottleWatchOptions & { readonly now: () => number };
  readonly #sql: string | undefined;
  readonly #nodes = new Map<string, WatchedNode>();

  constructor(options: ThrottleWatchOptions) {
    this.#options = { now: () => performance.now(), ...options };
    this.#sql = throttleSql(options.throttle);
  }

  /**
   * Asks each node once.
   *
   * @throws PgMigError `THROTTLE_UNREADABLE` if something that the throttle looks at cannot be seen; what
   * connecting throws
   */
  async check(nodes: readonly OpenNode[]): Promise<void> {
    const found = await onEachNode(nodes, async ({ node }) => {
      const watched = this.#node(node);
      const answer = await this.#askOnce(node, watched);
      watched.checked = { found: answer, atMs: this.#options.now() };
      const { type, why = "it does not answer" } = answer;
      return { node, why: type === "read" ? undefined : why };
    });
    const [first, ...others] = found.filter(({ why }) => why !== undefined);
    if (first !== undefined) {
      throw unreadable(first.node, first.why ?? "", others.length);
    }
  }

  begin(chains: HeldChains): () => void {
    const ended = new AbortController();
    for (const node of chains.nodes) {
      chains.hold(node, true);
      void this.#watch(node, chains, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) {
          this.#options.onBug(error);
        }
      });
    }
    return () => ended.abort();
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#nodes.values()].map(async ({ client }) => client && new Session(client).close()),
    );
  }

  async #watch(node: SessionNode, chains: HeldChains, ended: AbortSignal): Promise<void> {
    while (!ended.aborted && chains.leftOn(node) !== "nothing") {
      const found = await (this.#takeChecked(node) ?? this.#ask(node));
      if (!ended.aborted) {
        this.#judge(node, found, chains);
        await pause(askEveryMs, ended);
      }
    }
  }

  /** The answer of the check before the run, once, if it is new enough to be judged instead of asking again. */
  #takeChecked(node: SessionNode): Found | undefined {
    const watched = this.#node(node);
    const { checked } = watched;
    watched.checked = undefined;
    const isNew = checked !== undefined && this.#options.now() - checked.atMs < askEveryMs;
    return isNew ? checked.found : undefined;
  }

  #judge(node: SessionNode, found: Found, chains: HeldChains): void {
    const { throttle, emit, now, onOver } = this.#options;
    const watched = this.#node(node);
    const { reasons: before, sinceMs } = watched.state;
    const nowMs = now();
    const isWaiting = chains.leftOn(node) === "waiting";
    const { state, isOver } = judgeThrottle(throttle, watched.state, found, { nowMs, isWaiting });
    watched.state = state;
    const { reasons } = state;
    const isPaused = reasons.length > 0;
    const why = found.why ?? whyPaused(reasons, found.server ?? {});
    if (isPaused && reasons.join() !== before.join()) {
      emit({ type: "node:paused", node: node.label, reasons, why });
    } else if (!isPaused && sinceMs !== undefined) {
      emit({ type: "node:resumed", node: node.label, pausedMs: Math.round(nowMs - sinceMs) });
    }
    chains.hold(node, isPaused);
    if (isOver) {
      const forMs = nowMs - (sinceMs ?? nowMs);
      onOver(
        `${node.label} is paused for ${formatDuration(forMs)}, longer than the setting \`throttle\` lets it be: ${why}.`,
      );
    }
  }

  /** Never rejects but with a bug. A connection that broke says nothing of its server: asks over another one. */
  async #ask(node: SessionNode): Promise<Found> {
    const watched = this.#node(node);
    const isFirst = watched.client === undefined;
    try {
      return await this.#askOnce(node, watched);
    } catch (error) {
      if (isBug(error)) {
        throw error;
      }
      if (!isFirst && isConnectionLoss(error)) {
        return this.#ask(node);
      }
      return isAway(error) ? { type: "away" } : { type: "unknown", why: reasonOf(error) };
    }
  }

  /** Rejects if there is no connection. */
  async #askOnce(node: SessionNode, watched: WatchedNode): Promise<Found> {
    watched.client ??= await this.#options.sessions.connect(node);
    const { client } = watched;
    try {
      const found = await within(silenceMs, this.#question(client));
      if (found !== "late") {
        return found;
      }
      this.#hangUp(watched);
      return { type: "away" };
    } catch (error) {
      if (isBug(error)) {
        throw error;
      }
      if (isConnectionLoss(error)) {
        this.#hangUp(watched);
        throw error;
      }
      return { type: "unknown", why: reasonOf(error) };
    }
  }

  async #question(client: SessionClient): Promise<Found> {
    const { throttle } = this.#options;
    let server: ServerReading = {};
    if (this.#sql !== undefined) {
      const limit = `SET LOCAL statement_timeout TO ${questionMs}`;
      const asked = await client.query(`${limit};\n${ownPathSql};\n${this.#sql}`);
      server = parseReading(lastAnswer(asked).rows[0], throttle);
    }
    if (server.unseen !== undefined) {
      return { type: "unknown", why: server.unseen };
    }
    if (throttle.hold === undefined) {
      return { type: "read", reading: server, server };
    }
    const values = await firstColumn(client, throttle.hold, questionMs).catch((error: unknown) => {
      if (isBug(error) || isConnectionLoss(error)) {
        throw error;
      }
      return reasonOf(error);
    });
    if (typeof values === "string") {
      return { type: "unknown", why: `the query \`hold\` failed: ${values}` };
    }
    const [hold = false] = values;
    if (typeof hold !== "boolean") {
      const why = `the query \`hold\` gave ${JSON.stringify(hold)}, neither true nor false`;
      return { type: "unknown", why };
    }
    return { type: "read", reading: { ...server, hold }, server };
  }

  #hangUp(watched: WatchedNode): void {
    watched.client?.connection?.stream.destroy();
    watched.client = undefined;
  }

  #node({ name }: SessionNode): WatchedNode {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = { client: undefined, checked: undefined, state: { reasons: [] } };
      this.#nodes.set(name, node);
    }
    return node;
  }
}

/**
 * Asks each node once, before a run that is only planned.
 *
 * @throws what {@link ThrottleWatch.check} throws
 */
export async function refuseUnseen(
  throttle: Throttle,
  sessions: OpenCluster["sessions"],
  nodes: readonly OpenNode[],
): Promise<void> {
  const nobody = () => {};
  const events = { emit: nobody, onOver: nobody, onBug: nobody };
  const watch = new ThrottleWatch({ throttle, sessions, ...events });
  try {
    await watch.check(nodes);
  } finally {
    await watch.close();
  }
}

function reasonOf(error: unknown): string {
  return serverWords(error)?.message ?? wordsOf(error);
}

/** Whether nobody gets in, and not this question alone. */
function isAway(error: unknown): boolean {
  return isConnectionLoss(error) || (isPgMigError(error) && error.code !== "TOO_MANY_CONNECTIONS");
}

function unreadable({ label }: SessionNode, why: string, others: number): PgMigError {
  const more = others === 0 ? "" : `, nor ${countOf(others, "other node")}`;
  return new PgMigError(`The throttle cannot see how ${label} is${more}: ${why}.`, {
    code: "THROTTLE_UNREADABLE",
    hint: "Grant the role pg_monitor, repair the query `hold`, or take out of the setting `throttle` what cannot be seen.",
    where: { node: label },
  });
}
