import {
  type CatalogClient,
  type ReadShapesOptions,
  readShapeHashes,
  readShapes,
  type Shape,
  type ShapeHash,
} from "@pg-mig/catalog";
import { equals, isPgMigError, wordsOf } from "@pg-mig/model";
import type { Blocker } from "@pg-mig/report";
import {
  type AskedConnection,
  isConnectionLoss,
  parseBlockers,
  pause,
  type SessionNode,
  serverWords,
  whoIsSql,
} from "@pg-mig/sessions";

export interface ShapeReaderOptions {
  readonly connect: (node: SessionNode) => Promise<AskedConnection>;
  /** Whether owners and privileges count. */
  readonly access: "yes" | "no";
  /** For how long one table is waited for, in milliseconds. */
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Why a shard was not read. */
export interface Unread {
  readonly shard: string;
  /** A sentence without the place. */
  readonly reason: string;
  /** Who held what it takes to read it, if it was waited for. */
  readonly blockedBy?: readonly Blocker[] | undefined;
}

/** After so many shards a connection is replaced: a server's process never gives back what it cached. */
const shardsPerConnection = 250;

/** One message is about so many shards at most. */
const shardsPerMessage = 100;

/** One message locks tables up to this part of all that the server has room for. */
const partOfLocks = 1 / 10;

/** How often it is asked who blocks. */
const blockersEveryMs = 200;

interface ServerLimits {
  readonly major: number;
  /** How many locks there is room for on the whole server, at least. */
  readonly locks: number;
  /** How many tables and views each schema has, of those that have any. */
  readonly relations: readonly { readonly schema: string; readonly count: number }[];
}

/** All connections share the room for locks. How much of it others use is not known. */
const limitsSql = `SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog./) 10000 AS major,
pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int4 OPERATOR(pg_catalog.*) (
  pg_catalog.current_setting('max_connections')::pg_catalog.int4 OPERATOR(pg_catalog.+)
  pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4) AS locks,
(SELECT pg_catalog.json_agg(s) FROM (SELECT n.nspname AS schema, pg_catalog.count(*) AS count
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ${equals} c.relnamespace
  WHERE c.relkind ${equals} ANY ('{r,p,v,m,f}'::pg_catalog."char"[]) GROUP BY n.nspname) AS s) AS relations`;

/**
 * Reads the shapes of the shards of one node, a few at a time: it never takes more than a small part of
 * the server's locks, nor much of its memory, and waits for no table longer than it may. Whoever made it
 * must close it.
 */
export class ShapeReader {
  readonly #node: SessionNode;
  readonly #options: ShapeReaderOptions;
  #client: AskedConnection | undefined;
  #pid = 0;
  /** How many shards were read over the connection. */
  #used = 0;
  #limits: ServerLimits | undefined;

  constructor(node: SessionNode, options: ShapeReaderOptions) {
    this.#node = node;
    this.#options = options;
  }

  /** The major version of the server; known once something was read. */
  get major(): number {
    return this.#limits?.major ?? 0;
  }

  /** Reads the hashes of shards; those that cannot be read are told as they are given up. */
  async readHashes(
    shards: readonly string[],
    on: {
      readonly read: (hash: ShapeHash) => void;
      readonly unread: (unread: Unread) => void;
    },
  ): Promise<void> {
    let rest: readonly string[] = shards;
    try {
      const queue = chunks(shards, await this.#serverLimits());
      for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
        this.#options.signal.throwIfAborted();
        rest = [chunk, ...queue].flat();
        const read = await this.#attempt(chunk, readShapeHashes);
        if ("rows" in read) {
          read.rows.forEach(on.read);
        } else if (chunk.length > 1) {
          // What blocks one shard is reported for that shard, and blocks no other.
          queue.unshift(...chunk.map((shard) => [shard]));
        } else {
          on.unread(read.unread);
        }
      }
    } catch (error) {
      if (this.#options.signal.aborted || !(isPgMigError(error) || isConnectionLoss(error))) {
        throw error;
      }
      // The node is gone: each attempt for one more shard would only wait for it once more.
      for (const shard of rest) {
        on.unread({ shard, reason: reasonOf(error, this.#options.lockTimeoutMs) });
      }
    }
  }

  /** Reads the shape of one shard; `undefined`: it is gone. */
  async readShape(shard: string): Promise<Shape | Unread | undefined> {
    try {
      await this.#serverLimits();
      const read = await this.#attempt([shard], readShapes);
      return "rows" in read ? read.rows[0] : read.unread;
    } catch (error) {
      if (this.#options.signal.aborted || !(isPgMigError(error) || isConnectionLoss(error))) {
        throw error;
      }
      return { shard, reason: reasonOf(error, this.#options.lockTimeoutMs) };
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  /**
   * Reads shards, once more if the connection broke or if only one was waited for. Rejects if the node
   * cannot be reached.
   */
  async #attempt<T>(
    shards: readonly string[],
    read: (
      client: CatalogClient,
      shards: readonly string[],
      options: ReadShapesOptions,
    ) => Promise<T[]>,
  ): Promise<{ readonly rows: readonly T[] } | { readonly unread: Unread }> {
    const { access, lockTimeoutMs } = this.#options;
    const options = { major: this.major, access, lockTimeoutMs };
    let blockedBy: readonly Blocker[] = [];
    for (let attempt = 1; ; attempt++) {
      const client = await this.#connected(shards.length);
      // The first look at many shards is not watched: it may well succeed at the second.
      const watch = shards.length === 1 && attempt > 1 ? this.#watchBlockers(this.#pid) : undefined;
      try {
        const query = (sql: string) => client.query(`SET LOCAL statement_timeout TO 0;\n${sql}`);
        return { rows: await read({ query }, shards, options) };
      } catch (error) {
        blockedBy = (await watch?.end()) ?? blockedBy;
        if (isConnectionLoss(error)) {
          await this.close();
          if (attempt > 1) {
            throw error;
          }
          continue;
        }
        const [shard = ""] = shards;
        if (attempt > 1 || shards.length > 1) {
          const reason = reasonOf(error, lockTimeoutMs);
          return { unread: { shard, reason, ...(blockedBy.length > 0 ? { blockedBy } : {}) } };
        }
      } finally {
        await watch?.end();
      }
    }
  }

  /** Looks over a connection of its own at who makes a process of the server wait. */
  #watchBlockers(pid: number): { readonly end: () => Promise<readonly Blocker[]> } {
    const ended = new AbortController();
    const watching = (async () => {
      let seen: readonly Blocker[] = [];
      const client = await this.#options.connect(this.#node);
      try {
        const sql = whoIsSql(`SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid}))`);
        while (!ended.signal.aborted) {
          const blockers = parseBlockers((await client.query(sql)).rows);
          seen = blockers.length > 0 ? blockers : seen;
          await pause(blockersEveryMs, ended.signal);
        }
      } finally {
        await client.end();
      }
      return seen;
    })();
    const result = watching.catch((): readonly Blocker[] => []);
    return {
      end: () => {
        ended.abort();
        return result;
      },
    };
  }

  async #connected(shards: number): Promise<AskedConnection> {
    if (this.#client !== undefined && this.#used + shards > shardsPerConnection) {
      await this.close();
    }
    if (this.#client === undefined) {
      this.#client = await this.#options.connect(this.#node);
      this.#used = 0;
      const { rows } = await this.#client.query("SELECT pg_catalog.pg_backend_pid() AS pid");
      this.#pid = (rows[0] as { readonly pid: number } | undefined)?.pid ?? 0;
    }
    this.#used += shards;
    return this.#client;
  }

  async #serverLimits(): Promise<ServerLimits> {
    if (this.#limits === undefined) {
      const client = await this.#connected(0);
      const { rows } = await client.query(limitsSql);
      const [row] = rows as readonly (ServerLimits & {
        readonly relations: null | ServerLimits["relations"];
      })[];
      this.#limits = { major: 0, locks: 0, ...row, relations: row?.relations ?? [] };
    }
    return this.#limits;
  }
}

/** Puts shards together so that one message may lock all of their tables. */
function chunks(shards: readonly string[], { locks, relations }: ServerLimits): string[][] {
  const counts = new Map(relations.map(({ schema, count }) => [schema, count]));
  const most = Math.max(1, Math.floor(locks * partOfLocks));
  const made: string[][] = [];
  let room = 0;
  for (const shard of shards) {
    const count = counts.get(shard) ?? 0;
    const last = made.at(-1);
    if (last === undefined || count > room || last.length === shardsPerMessage) {
      made.push([shard]);
      room = most - count;
    } else {
      last.push(shard);
      room -= count;
    }
  }
  return made;
}

function reasonOf(error: unknown, lockTimeoutMs: number): string {
  if (serverWords(error)?.sqlState === "55P03") {
    return `waited ${lockTimeoutMs / 1000} s for a lock`;
  }
  return wordsOf(error);
}
