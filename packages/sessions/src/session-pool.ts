import { setTimeout as sleep } from "node:timers/promises";
import { PgMigError } from "@pg-mig/model";
import { NodePresence } from "./node-presence.js";
import { Session } from "./session.js";
import type {
  NodeEnvironment,
  SessionClient,
  SessionConnections,
  SessionNode,
} from "./session-client.js";
import type { ServerSession } from "./session-settings.js";
import { within } from "./within.js";

/** How long a node has to let a connection in, whatever the time that each of its addresses gets. */
const connectMs = 60_000;

/** After so long a statement that was to be cancelled, and goes on, is cancelled again. */
const cancelAgainMs = 500;

/** A backend that has more memory for itself, in bytes, gives its place to a new one. */
const mostBackendBytes = 32 * 1024 * 1024;

const nobody: Session["blockedBy"] = [];
const noVariables: NodeEnvironment = {};

/** What a session works at. */
export interface SessionWork {
  readonly shard?: string;
  readonly version?: string;
  /** before.sql or after.sql, where it is no version. */
  readonly file?: string;
  /**
   * For how long it may wait for others, in milliseconds, before a `SessionWatch` cancels it. Without
   * a watch, or without this, it waits for as long as the server lets it.
   */
  readonly waitLimitMs?: number | undefined;
  /** The same if those who read or write must wait for it. */
  readonly obstructLimitMs?: number | undefined;
}

/** A session in use. */
export interface BusySession {
  readonly session: Session;
  readonly node: SessionNode;
  /** `undefined`: nothing that events tell of. */
  readonly work: SessionWork | undefined;
}

/**
 * The sessions of all nodes. A session is opened when it is needed and kept for the whole run; the
 * one that was used last is used first, while its backend's caches are warm.
 */
export class SessionPool {
  /**
   * After so many versions a session is asked how large its backend has become: the catalog cache grows with every
   * shard whose rows are read or written, by some 70 kB if they have ten tables, and is never shrunk. Versions
   * that only change tables leave little there.
   */
  static readonly askSizeAfter = 500;

  readonly #connections: SessionConnections;
  readonly #idle = new Map<string, Session[]>();
  readonly #busy = new Map<Session, BusySession>();
  /** Until all sessions are gone that make room for others; `undefined`: none does. No session is opened before. */
  #leaving: Promise<void> | undefined;
  readonly #abandoned = new Map<
    string,
    { readonly node: SessionNode; readonly sessions: ServerSession[] }
  >();

  /** All connections to each node that have not ended, by its name: those of sessions, and others. */
  readonly #open = new Map<string, Set<SessionClient>>();

  /** Which nodes let nobody in at the moment, as those who wait for sessions find it. */
  readonly presence: NodePresence;

  constructor(connections: SessionConnections, presence = new NodePresence()) {
    this.#connections = connections;
    this.presence = presence;
  }

  /** All sessions in use. */
  get busy(): readonly BusySession[] {
    return [...this.#busy.values()];
  }

  /** How many sessions of a node are in use. */
  busyOn(node: SessionNode): number {
    return this.busy.filter((one) => one.node.name === node.name).length;
  }

  /** Resolves when something may begin on the node, and rejects if nothing may; `undefined`: it may at once. */
  mayWork(node: SessionNode): Promise<void> | undefined {
    return this.#connections.mayWork?.(node);
  }

  /** Takes the idle session of the node that was used last; `undefined`: there is none, or it is not ready yet. */
  takeIdle(node: SessionNode, work?: SessionWork): Session | undefined {
    const idle = this.#idle.get(node.name);
    const session = idle?.at(-1);
    if (idle === undefined || session === undefined || !session.isReady) {
      return undefined;
    }
    idle.pop();
    this.#begin(session, { node, work });
    return session;
  }

  /**
   * Takes a session of the node, opening one if none is idle. `work` is what it is taken for.
   *
   * @throws PgMigError `NODE_UNREACHABLE` and whatever the connections reject with.
   */
  async acquire(node: SessionNode, work?: SessionWork): Promise<Session> {
    const idle = this.#idle.get(node.name) ?? [];
    for (let session = idle.pop(); session !== undefined; session = idle.pop()) {
      await this.#take(session, { node, work });
      if (!session.lost) {
        return session;
      }
    }
    if (this.#leaving !== undefined) {
      await this.#leaving;
    }
    const session = new Session(await this.connect(node), {
      backend: this.#connections.sharesBackends?.(node) ? "shared" : "own",
      onBroken: (broken) => this.#abandon(broken, node),
    });
    session.open();
    await this.#take(session, { node, work });
    if (!session.lost) {
      return session;
    }
    throw unreachable(node, "broke the connection as soon as it was open");
  }

  /** The variables with which programs reach the server of a session. */
  environmentOf(session: Session): NodeEnvironment {
    return this.#connections.environment?.(session.connection) ?? noVariables;
  }

  /** Opens a connection that is no session. Who gets it must end it. */
  async connect(node: SessionNode): Promise<SessionClient> {
    const connecting = this.#connections.connect(node);
    const client = await within(connectMs, connecting);
    if (client === "late") {
      connecting.then((late) => new Session(late).close()).catch(() => {});
      throw unreachable(node, "let nobody in for a minute");
    }
    const open = this.#open.get(node.name) ?? new Set();
    this.#open.set(node.name, open.add(client));
    client.on("end", () => open.delete(client));
    return client;
  }

  /** Gives a session back. One that is lost is closed; one whose backend has become large is not taken again. */
  release(session: Session): void {
    const node = this.#busy.get(session)?.node;
    this.#busy.delete(session);
    if (node === undefined || session.lost) {
      void session.close();
      return;
    }
    if (session.uses >= SessionPool.askSizeAfter) {
      session.uses = 0;
      session.limitSize(mostBackendBytes);
    }
    const idle = this.#idle.get(node.name);
    if (idle === undefined) {
      this.#idle.set(node.name, [session]);
    } else {
      idle.push(session);
    }
  }

  /** The nodes that {@link takeAbandoned} has something of. */
  get abandonedOn(): readonly SessionNode[] {
    return [...this.#abandoned.values()].map(({ node }) => node);
  }

  /** The server's side of the sessions whose connection broke since this was asked last. */
  takeAbandoned(node: SessionNode): readonly ServerSession[] {
    const abandoned = this.#abandoned.get(node.name)?.sessions ?? [];
    this.#abandoned.delete(node.name);
    return abandoned;
  }

  /**
   * Asks the servers to cancel everything that runs, and asks again for what still waits for the same answer: a
   * request that comes before its statement does nothing.
   */
  async cancelAll(): Promise<void> {
    let asked = this.busy.map((one) => ({ one, awaited: one.session.awaited }));
    while (asked.length > 0) {
      await Promise.allSettled(asked.map(({ one }) => this.cancel(one)));
      await sleep(cancelAgainMs, undefined, { ref: false });
      asked = asked.filter(
        ({ one, awaited }) =>
          awaited !== undefined &&
          one.session.awaited === awaited &&
          this.#busy.get(one.session) === one,
      );
    }
  }

  /** Asks the server to cancel what runs on one session. */
  async cancel({ session, node }: BusySession): Promise<void> {
    await this.#connections.cancel(node, session.connection);
  }

  /**
   * Breaks all connections to a node that does not answer, or not as its primary: those of sessions, in use or idle,
   * and all others that were opened here. None is any better.
   */
  destroyAll(node: SessionNode): void {
    const idle = this.#idle.get(node.name) ?? [];
    this.#idle.delete(node.name);
    const busy = this.busy.filter((one) => one.node.name === node.name);
    for (const session of [...idle, ...busy.map((one) => one.session)]) {
      session.destroy();
    }
    for (const client of this.#open.get(node.name) ?? []) {
      client.connection?.stream.destroy();
    }
  }

  /** The names of the nodes that have sessions which are not in use. */
  get idleOn(): readonly string[] {
    return [...this.#idle].flatMap(([name, idle]) => (idle.length === 0 ? [] : [name]));
  }

  /**
   * Closes the sessions of a node that are not in use: another node has more need of the room. Until they are
   * gone, {@link acquire} opens none.
   */
  async closeIdle(node: string): Promise<void> {
    const idle = this.#idle.get(node) ?? [];
    this.#idle.delete(node);
    if (idle.length === 0) {
      return;
    }
    const before = this.#leaving;
    const closed = Promise.all(idle.map((session) => session.close()));
    const leaving = Promise.all([before, closed]).then(() => {
      if (this.#leaving === leaving) {
        this.#leaving = undefined;
      }
    });
    this.#leaving = leaving;
    await closed;
  }

  /** Closes all sessions, waiting for a while for the resets that are under way. */
  async close(): Promise<void> {
    const sessions = [...this.#idle.values(), [...this.#busy.keys()]].flat();
    this.#idle.clear();
    this.#busy.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  #begin(session: Session, { node, work }: Omit<BusySession, "session">): void {
    session.blockedBy = nobody;
    session.gaveUp = "no";
    this.#busy.set(session, { session, node, work });
  }

  async #take(session: Session, busy: Omit<BusySession, "session">): Promise<void> {
    this.#begin(session, busy);
    await session.ready();
    if (session.mustClose) {
      await session.close();
    }
    if (session.lost) {
      this.#busy.delete(session);
    }
  }

  #abandon({ opened }: Session, node: SessionNode): void {
    if (opened === undefined) {
      return;
    }
    const abandoned = this.#abandoned.get(node.name);
    if (abandoned === undefined) {
      this.#abandoned.set(node.name, { node, sessions: [opened] });
    } else {
      abandoned.sessions.push(opened);
    }
  }
}

function unreachable(node: SessionNode, what: string): PgMigError {
  return new PgMigError(`${node.label} ${what}.`, {
    code: "NODE_UNREACHABLE",
    hint: "Look at the server and at the network before it.",
    where: { node: node.label },
  });
}
