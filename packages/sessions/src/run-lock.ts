import { setTimeout as sleep } from "node:timers/promises";
import { type PauseWish, parsePauseWish, pauseHeardSql, pauseWishSql } from "@pg-mig/ledger";
import { holderText, type Refusal, runLocked } from "./lock-refusal.js";
import { NodeLock, type NodeLockOptions } from "./node-lock.js";
import { nodeError } from "./on-each-node.js";
import { connectionLost, isBug } from "./server-error.js";
import type { SessionNode } from "./session-client.js";
import { isSilence } from "./silence.js";

/** A node that the run is to have for itself. */
export interface NodeToLock extends Pick<NodeLockOptions, "first" | "connect"> {
  readonly node: SessionNode;
  /** The same for every run that means this database: locks are taken in the order of these. */
  readonly order: string;
}

export interface RunLockOptions {
  readonly nodes: readonly NodeToLock[];
  /** How long to wait for other runs, in milliseconds; 0: not at all. */
  readonly waitMs: number | "unlimited";
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Told whom the run waits for, and that a lock was lost and taken again. */
  readonly onNote: (message: string) => void;
  /** Told of a node that is away, each time that its lock cannot be taken again, whether or not anybody needs the node. */
  readonly onAway?: ((node: SessionNode, error: unknown) => void) | undefined;
  /** Told that a lock which was lost is taken again. */
  readonly onBack?: ((node: SessionNode) => void) | undefined;
  /** Told of somebody who asks for a pause, once for each node where that is seen. */
  readonly onPauseWish?: ((wish: PauseWish) => void) | undefined;
  /** How often the servers are asked whether the lock is held. @default 5000 */
  readonly heartbeatMs?: number | undefined;
  /** A server that gives no answer for so long is lost. @default 15000 */
  readonly answerWithinMs?: number | undefined;
}

interface LockedNode {
  readonly node: SessionNode;
  readonly lock: NodeLock;
}

/**
 * How long to wait for a server to notice that the connection is gone over which this run had the
 * lock: its keep-alive takes 25 seconds.
 */
const leftoverMs = 40_000;

/**
 * Keeps other runs from all nodes that a run changes, for as long as it goes on. It is for manners:
 * that nothing is applied twice is guarded by each version's own transaction, which holds also where
 * this lock is lost.
 *
 * The locks are tried, never waited for, in an order that all runs agree on: the first alone, since
 * who has it mostly gets the others, too; then the others all at once. Where one is refused, all are
 * given back and tried once more, one after the other: so of several runs that start at once, one
 * gets all of its locks. Between two tries nothing is held, and never is a transaction open.
 */
export class RunLock {
  readonly #options: RunLockOptions;
  readonly #locks: readonly LockedNode[];
  readonly #byName: ReadonlyMap<string, NodeLock>;
  readonly #retaking = new Map<string, Promise<void>>();
  /** Why the nodes that are away could not be reached the last time, by name. */
  readonly #away = new Map<string, unknown>();
  readonly #heartbeatMs: number;
  readonly #closing = new AbortController();
  /** The locks over which a wish for a pause was heard. */
  readonly #heard = new Set<NodeLock>();
  #heartbeat: NodeJS.Timeout | undefined;
  /** A bug met by a heartbeat. */
  #bug: { readonly reason: unknown } | undefined;

  /** Takes no lock yet. Whoever makes it must {@link close} it. */
  constructor(options: RunLockOptions) {
    this.#options = options;
    const { heartbeatMs = 5000, answerWithinMs = 15_000 } = options;
    this.#heartbeatMs = heartbeatMs;
    this.#locks = [...options.nodes]
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ node, first, connect }) => ({
        node,
        lock: new NodeLock({ first, connect, answerWithinMs }),
      }));
    this.#byName = new Map(this.#locks.map(({ node, lock }) => [node.name, lock]));
  }

  /**
   * Takes the locks of all nodes, waiting for other runs as long as it may.
   *
   * @throws PgMigError `RUN_LOCKED` naming who has one; what connecting throws. The signal's reason.
   */
  async take(): Promise<void> {
    const { waitMs, signal, onNote } = this.#options;
    const deadlineMs = performance.now() + (waitMs === "unlimited" ? Infinity : waitMs);
    let told: string | undefined;
    for (;;) {
      const refusal = await this.#tryTwice();
      if (refusal === undefined) {
        break;
      }
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) {
        throw runLocked(refusal);
      }
      const text = `Waiting for another run on ${refusal.node}: ${holderText(refusal.holder)}.`;
      if (refusal.holder !== undefined && text !== told) {
        onNote(text);
        told = text;
      }
      await pauseOrAbort(Math.min(500 + Math.random() * 1500, leftMs), signal);
    }
    this.#heartbeat = setInterval(() => this.#beat(), this.#heartbeatMs);
  }

  /**
   * Whether the run may begin something on a node. `undefined`: at once, since it has the lock. Else the promise
   * resolves when the server has confirmed the lock, which it has not for two heartbeats (the tool was stopped, or
   * its machine asleep); or when a lock that was lost is taken again. If the last try to take it again met nobody, it
   * rejects at once: each heartbeat tries anew.
   *
   * Rejects with a PgMigError `RUN_LOCKED` if another run has the lock by now; with what connecting throws; with a
   * bug that was met while the servers were asked.
   */
  mayWork(node: SessionNode): Promise<void> | undefined {
    if (this.#bug !== undefined) {
      return Promise.reject(this.#bug.reason);
    }
    const { name } = node;
    const lock = this.#byName.get(name);
    if (lock === undefined || lock.isFresh(2 * this.#heartbeatMs)) {
      return undefined;
    }
    const away = this.#away.get(name);
    let retaking = this.#retaking.get(name);
    if (retaking === undefined) {
      retaking = this.#retakeTold(node, lock).finally(() => this.#retaking.delete(name));
      this.#retaking.set(name, retaking);
    }
    if (away === undefined) {
      return retaking;
    }
    retaking.catch(() => {});
    return Promise.reject(away);
  }

  /**
   * Runs a statement over the connection of a node's lock. Rejects where there is none: the node is
   * not locked, or the connection is lost; also when no answer comes in time.
   */
  async ask({ name }: SessionNode, sql: string): Promise<{ readonly rows: readonly unknown[] }> {
    const lock = this.#byName.get(name);
    if (lock === undefined) {
      throw connectionLost("The node has no run lock.");
    }
    return lock.ask(sql);
  }

  /** Breaks the connection of a node's lock, which leads to an old primary: the lock is taken again elsewhere. */
  lose({ name }: Pick<SessionNode, "name">): void {
    this.#byName.get(name)?.lose();
  }

  /** Gives all locks back and ends their connections. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#closing.abort();
    await Promise.all(this.#locks.map(({ lock }) => lock.close()));
  }

  async #tryTwice(): Promise<Refusal | undefined> {
    if ((await this.#tryAtOnce()) === undefined) {
      return undefined;
    }
    // What others hold that are about to give it back is free after that.
    await pauseOrAbort(50 + Math.random() * 100, this.#options.signal);
    return this.#tryInOrder();
  }

  async #tryAtOnce(): Promise<Refusal | undefined> {
    const [gate, ...others] = this.#locks;
    const refusal = gate && (await this.#try(gate));
    if (refusal !== undefined) {
      return refusal;
    }
    const tries = others.map((other) => this.#try(other));
    // All of them have ended before anything is given back.
    await Promise.allSettled(tries);
    const refused = (await Promise.all(tries)).find((result) => result !== undefined);
    if (refused !== undefined) {
      await this.#releaseAll();
    }
    return refused;
  }

  async #tryInOrder(): Promise<Refusal | undefined> {
    for (const entry of this.#locks) {
      const refusal = await this.#try(entry);
      if (refusal === undefined) {
        continue;
      }
      await this.#releaseAll();
      return refusal;
    }
    return undefined;
  }

  async #try({ node, lock }: LockedNode): Promise<Refusal | undefined> {
    const result = await lock.try().catch((error: unknown) => {
      throw nodeError(node.label, error);
    });
    return result.type === "taken" ? undefined : { node: node.label, holder: result.holder };
  }

  async #releaseAll(): Promise<void> {
    await Promise.allSettled(this.#locks.map(({ lock }) => lock.release()));
  }

  #beat(): void {
    for (const { node, lock } of this.#locks) {
      if (lock.held) {
        lock
          .confirm()
          .then(() => this.#listen(lock))
          .catch((reason: unknown) => {
            this.#bug ??= { reason };
          });
      }
      // The run hears of what this rejects with when it wants to begin something.
      else {
        this.mayWork(node)?.catch(() => {});
      }
    }
  }

  /** Looks whether somebody asks for a pause, and lets them know. A connection that breaks is met elsewhere. */
  async #listen(lock: NodeLock): Promise<void> {
    const { onPauseWish } = this.#options;
    if (onPauseWish === undefined || this.#heard.has(lock) || !lock.held) {
      return;
    }
    try {
      const wish = parsePauseWish((await lock.ask(pauseWishSql)).rows);
      if (wish !== undefined) {
        await lock.ask(pauseHeardSql);
        this.#heard.add(lock);
        onPauseWish(wish);
      }
    } catch (error) {
      if (isBug(error)) {
        throw error;
      }
    }
  }

  async #retakeTold(node: SessionNode, lock: NodeLock): Promise<void> {
    try {
      await this.#retake(node.label, lock);
    } catch (error) {
      this.#away.delete(node.name);
      if (isSilence(error)) {
        this.#away.set(node.name, error);
        this.#options.onAway?.(node, error);
      }
      throw error;
    }
    if (this.#away.delete(node.name)) {
      this.#options.onBack?.(node);
    }
  }

  async #retake(label: string, lock: NodeLock): Promise<void> {
    if (lock.held) {
      await lock.confirm();
    }
    if (lock.held) {
      return;
    }
    const deadlineMs = performance.now() + leftoverMs;
    let told = false;
    for (;;) {
      const result = await lock.try();
      if (result.type === "taken") {
        this.#options.onNote(
          `The run lock of ${label} was lost with its connection, and is taken again.`,
        );
        return;
      }
      if (result.type === "refused" || performance.now() >= deadlineMs) {
        throw runLocked({ node: label, holder: result.holder });
      }
      if (!told) {
        told = true;
        this.#options.onNote(
          `The connection of the run lock of ${label} is lost. Waiting for the server to notice, ${leftoverMs / 1000} s at most.`,
        );
      }
      await pauseOrAbort(1000, AbortSignal.any([this.#options.signal, this.#closing.signal]));
    }
  }
}

async function pauseOrAbort(ms: number, signal: AbortSignal): Promise<void> {
  // With the signal's own reason, as everywhere.
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
