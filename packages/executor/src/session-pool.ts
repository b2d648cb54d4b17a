import type { ExecutorConnections, ExecutorNode } from "./executor-client.js";
import { Session } from "./session.js";

/**
 * The sessions of all nodes. A session is opened when it is needed and kept for the whole run; the
 * one that was used last is used first, while its backend's caches are warm.
 */
export class SessionPool {
  /**
   * After so many versions a session is replaced: a backend's catalog cache grows with every shard
   * that it reads from or writes to, by some 70 kB, and is never shrunk.
   */
  static readonly RECYCLE_AFTER = 500;

  readonly #connections: ExecutorConnections;
  readonly #idle = new Map<string, Session[]>();
  readonly #busy = new Map<Session, ExecutorNode>();

  constructor(connections: ExecutorConnections) {
    this.#connections = connections;
  }

  /** How many sessions of a node are in use. */
  busyOn(node: ExecutorNode): number {
    return [...this.#busy.values()].filter(({ name }) => name === node.name).length;
  }

  /** Takes a session of the node, opening one if none is idle. */
  async acquire(node: ExecutorNode): Promise<Session> {
    const idle = this.#idle.get(node.name) ?? [];
    for (let session = idle.pop(); session !== undefined; session = idle.pop()) {
      this.#busy.set(session, node);
      await session.ready();
      if (session.spoilt) await session.close();
      if (!session.lost) return session;
      this.#busy.delete(session);
    }
    const session = new Session(await this.#connections.connect(node));
    this.#busy.set(session, node);
    return session;
  }

  /** Gives a session back. One that is lost, or has served long enough, is closed. */
  release(session: Session): void {
    const node = this.#busy.get(session);
    this.#busy.delete(session);
    if (node === undefined || session.lost || session.uses >= SessionPool.RECYCLE_AFTER) {
      void session.close();
      return;
    }
    const idle = this.#idle.get(node.name);
    if (idle === undefined) this.#idle.set(node.name, [session]);
    else idle.push(session);
  }

  /** Asks the servers to cancel everything that runs. */
  async cancelAll(): Promise<void> {
    await Promise.allSettled(
      [...this.#busy].map(([session, node]) => this.#connections.cancel(node, session.client)),
    );
  }

  /** Closes all sessions, waiting for the resets that are under way. */
  async close(): Promise<void> {
    const sessions = [...this.#idle.values(), [...this.#busy.keys()]].flat();
    this.#idle.clear();
    this.#busy.clear();
    await Promise.all(
      sessions.map(async (session) => {
        await session.ready();
        await session.close();
      }),
    );
  }
}
