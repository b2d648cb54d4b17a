import { afterAwake, type NodeIdentity } from "@pg-mig/cluster";
import {
  ownRunLockSql,
  parseRunLockHolder,
  type RunLockHolder,
  releaseRunLockSql,
  runLockHolderSql,
  runLockSessionSql,
  tryRunLockSql,
} from "@pg-mig/ledger";
import type pg from "pg";
import { lastAnswer } from "./last-answer.js";
import { connectionLost, isBug, isConnectionLoss } from "./server-error.js";

/** The connection that the run lock of a node is held over. */
export interface LockConnection {
  readonly client: pg.Client;
  readonly identity: NodeIdentity;
}

export interface NodeLockOptions {
  /** The connection to begin with; `undefined`: it is opened when the lock is tried. */
  readonly first: LockConnection | undefined;
  /** Opens another one, to the same primary, if one was lost. */
  readonly connect: () => Promise<LockConnection>;
  /** A connection that gives no answer for so long counts as lost, in milliseconds. */
  readonly answerWithinMs: number;
}

/**
 * The result of a try to take the lock:
 * - `taken`;
 * - `refused`: another run has it;
 * - `leftover`: a connection of this run has it, which is lost; the server has not noticed yet.
 */
export type LockTry =
  | { readonly type: "taken" }
  | {
      readonly type: "refused" | "leftover";
      readonly holder: RunLockHolder | undefined;
    };

/** How long a server that no longer answers may delay the end of the run. */
const closeWithinMs = 2000;

/**
 * The run lock of one node, and the connection that it lives on: outside of transactions, and used
 * for nothing that takes long.
 */
export class NodeLock {
  readonly #options: NodeLockOptions;
  #connection: LockConnection | undefined;
  /** Server processes of connections that were lost: they may have the lock still. */
  readonly #lostPids = new Set<number>();
  #held = false;
  #closed = false;
  #confirmedAtMs = 0;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: NodeLockOptions) {
    this.#options = options;
    if (options.first !== undefined) {
      this.#use(options.first);
    }
  }

  /** Whether this run has the lock, as far as it knows. A connection that breaks is noticed at once. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether the server has said within so many milliseconds that the lock is held. */
  isFresh(withinMs: number): boolean {
    return this.#held && performance.now() - this.#confirmedAtMs < withinMs;
  }

  /** Tries once to take the lock; opens a connection if the last one is lost. Never waits for the lock. */
  async try(): Promise<LockTry> {
    if (this.#connection === undefined) {
      this.#use(await this.#options.connect());
    }
    const { rows } = await this.ask(`${runLockSessionSql}; ${tryRunLockSql}`);
    const [row] = rows as readonly { readonly taken: boolean }[];
    if (row?.taken === true) {
      this.#held = true;
      this.#confirmedAtMs = performance.now();
      return { type: "taken" };
    }
    const holder = parseRunLockHolder((await this.ask(runLockHolderSql)).rows);
    const own = holder !== undefined && this.#lostPids.has(holder.serverPid);
    return { type: own ? "leftover" : "refused", holder };
  }

  /** Gives the lock back, and keeps the connection. */
  async release(): Promise<void> {
    if (!this.#held) {
      return;
    }
    this.#held = false;
    await this.ask(releaseRunLockSql);
  }

  /** Asks the server whether the lock is still held. If it is not, or no answer comes, it is lost. Rejects with bugs alone. */
  async confirm(): Promise<void> {
    const connection = this.#connection;
    const askedAtMs = performance.now();
    const { rows } = await this.ask(ownRunLockSql).catch((error: unknown) => {
      if (isBug(error)) {
        throw error;
      }
      return { rows: [] };
    });
    if (rows.length > 0) {
      this.#confirmedAtMs = askedAtMs;
    } else if (connection !== undefined) {
      this.#drop(connection);
    }
  }

  /**
   * Runs a statement on the connection of the lock, one after the other. Rejects when the connection
   * is lost, or breaks, or gives no answer in time: then it is broken here, too, and lost.
   */
  ask(sql: string): Promise<{ readonly rows: readonly unknown[] }> {
    const answer = this.#asking.then(() => this.#send(sql));
    this.#asking = answer.catch(() => {});
    return answer;
  }

  /** Breaks the connection, if there is one, and loses the lock with it. */
  lose(): void {
    if (this.#connection !== undefined) {
      this.#drop(this.#connection);
    }
  }

  /** Gives the lock back and ends the connection. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    if (connection === undefined) {
      return;
    }
    const timer = setTimeout(() => this.#drop(connection), closeWithinMs);
    // Through a pooler, ending the connection does not release the lock at once.
    await this.release().catch(() => {});
    await connection.client.end().catch(() => {});
    clearTimeout(timer);
  }

  async #send(sql: string): Promise<{ readonly rows: readonly unknown[] }> {
    const connection = this.#connection;
    if (connection === undefined) {
      throw connectionLost("The connection of the run lock is lost.");
    }
    const cancelTimeout = afterAwake(this.#options.answerWithinMs, () => this.#drop(connection));
    try {
      return lastAnswer(await connection.client.query(sql));
    } catch (error) {
      // The queries of a broken connection fail before it says that it has ended.
      if (isConnectionLoss(error)) {
        this.#drop(connection);
      }
      throw error;
    } finally {
      cancelTimeout();
    }
  }

  #use(connection: LockConnection): void {
    const { client } = connection;
    if (this.#closed) {
      void client.end();
      throw connectionLost("The run has ended.");
    }
    this.#connection = connection;
    client.once("end", () => this.#forget(connection));
  }

  /** Breaks the connection: to end it in order would need an answer. */
  #drop(connection: LockConnection): void {
    connection.client.connection.stream.destroy();
    this.#forget(connection);
  }

  #forget(connection: LockConnection): void {
    this.#lostPids.add(connection.identity.backendPid);
    if (this.#connection !== connection) {
      return;
    }
    this.#connection = undefined;
    this.#held = false;
  }
}
