import {
  type BackendKey,
  backendKeyOf,
  cancelBackend,
  type Node,
  nodeEnvironment,
} from "@pg-mig/cluster";
import type { EntryPool, PauseWish } from "@pg-mig/ledger";
import { isPgMigError, ownPathSql } from "@pg-mig/model";
import type { RunEvent } from "@pg-mig/report";
import type pg from "pg";
import { connectionLimitsSql, hopelessLimit, parseConnectionLimits } from "./connection-limits.js";
import { firstColumn } from "./first-column.js";
import { lastAnswer } from "./last-answer.js";
import { NodePresence } from "./node-presence.js";
import { onEachNode } from "./on-each-node.js";
import type { OpenNode } from "./open-node.js";
import { patience } from "./patience.js";
import { PrimaryFinder, type PrimaryFinderOptions } from "./primary-finder.js";
import { askPatiently, readPatiently } from "./read-patiently.js";
import type { RunLock } from "./run-lock.js";
import { chosenShards, type Only } from "./selected-shards.js";
import { connectionLost } from "./server-error.js";
import { Session } from "./session.js";
import type {
  AskedConnection,
  NodeEnvironment,
  SessionConnections,
  SessionNode,
} from "./session-client.js";
import { SessionPool } from "./session-pool.js";
import { SessionWatch } from "./session-watch.js";
import { sharedByPooler } from "./shared-by-pooler.js";
import { whileAnswering } from "./silence.js";
import { readValidShards, type ValidShards } from "./valid-shards.js";

export interface LiveClusterOptions extends Omit<PrimaryFinderOptions, "onPromotion"> {
  /** Which shards to work on; `undefined`: all. */
  readonly only?: Only | undefined;
  /** Which schemas count as shards; `undefined`: all. */
  readonly validShards?: ValidShards | undefined;
  /** For how long a node that goes away later on is waited for. @default as `RunOptions` has it */
  readonly reconnectForMs?: number | undefined;
  readonly retryForMs?: number | undefined;
  /** Told when a node goes away later on, comes back, or is given up; and of what a `SessionWatch` sees. */
  readonly emit?: ((event: RunEvent) => void) | undefined;
  /** Told of a bug of the tool that the watch over the sessions met. What runs is cancelled by then. */
  readonly onBug?: ((bug: unknown) => void) | undefined;
  /** The entries of the ledgers that were read: those that are the same are one. */
  readonly pool: EntryPool;
}

export interface LockClusterOptions {
  /** How long to wait for other runs, in milliseconds; 0: not at all. */
  readonly waitMs: number | "unlimited";
  /** Whether to do without the lock where a pooler keeps it from being held. */
  readonly allowPooler: boolean;
  /** Told of somebody who asks for a pause, once for each node where that is seen, within seconds. */
  readonly onPauseWish?: ((wish: PauseWish) => void) | undefined;
}

/** The cluster's primaries, each connected once, and the sessions that runs use. */
export interface OpenCluster {
  /** By name, in code-unit order. At least one, unless a part of the nodes was asked for. */
  readonly nodes: readonly OpenNode[];
  /**
   * The names of all schemas, as they were first read, of every node that the sources name;
   * `undefined`: `only` keeps some of these nodes from being asked.
   */
  readonly schemas: ReadonlySet<string> | undefined;
  /**
   * They are watched until the cluster is closed: none waits for a node that answers nobody. Unless the cluster is
   * locked, the connections that the ledgers were read over are used first.
   */
  readonly sessions: SessionPool;
  /** How many promotions were seen: what was read before the last one may be gone. */
  readonly promotions: number;
  /** Whether a pooler shares a node's connections, so that nothing of a session holds there. */
  isShared(node: Pick<SessionNode, "name">): boolean;
  /**
   * Looks for such poolers, as {@link OpenCluster.lock} does first, and takes no lock.
   *
   * @throws PgMigError `POOLER_REFUSED`
   */
  findPoolers(options: Pick<LockClusterOptions, "allowPooler">): Promise<void>;
  /**
   * Takes the run lock of every node, over the connections that the ledgers were read over. From then
   * on what was read before is void. The lock is held until the cluster is closed, and taken again
   * where it is lost with its connection, before more work starts there.
   *
   * @throws PgMigError `RUN_LOCKED`; `POOLER_REFUSED`; what connecting throws.
   */
  lock(options: LockClusterOptions): Promise<void>;
  /**
   * Runs a statement over the connection of a node's run lock, which no session uses. Rejects where
   * there is none, and where no answer comes within 15 seconds.
   */
  ask(node: SessionNode, sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  /**
   * Opens a connection that is no session. Who gets it must end it. Its queries reject with `NODE_UNREACHABLE` if the
   * node answers nobody.
   */
  connect(node: SessionNode): Promise<AskedConnection>;
  /** Runs a query on a node, waiting for it if it is away; gives its rows. */
  query(open: OpenNode, sql: string): Promise<readonly unknown[]>;
  /**
   * Runs a query of the user's on a node, read-only, with `pg_catalog` as its search_path, for 30 seconds at most;
   * gives the values of its first column. Nothing of it is left in the session. It is cancelled if the signal aborts.
   */
  firstColumn(open: OpenNode, sql: string): Promise<readonly unknown[]>;
  /** Reads all ledgers again, waiting for nodes that are away for a while. */
  readLedgers(): Promise<readonly OpenNode[]>;
  /** Reads the ledgers of the nodes that still answer. */
  readReachable(): Promise<readonly OpenNode[]>;
  /** @throws a bug that the watch over the sessions met */
  close(): Promise<void>;
}

/**
 * What a cluster is once its nodes were read.
 *
 * @param schemas As {@link OpenCluster.schemas} has them.
 * @param clients The connections that the ledgers were read over, by the names of the nodes.
 */
export function createLiveCluster(
  nodes: readonly OpenNode[],
  schemas: OpenCluster["schemas"],
  clients: Map<string, pg.Client>,
  options: LiveClusterOptions,
): OpenCluster {
  const byName = new Map(nodes.map((open) => [open.node.name, open]));
  const { applicationName, signal, emit = () => {} } = options;
  const primaries = new PrimaryFinder({
    ...options,
    // What goes on over them is of no use there, and what is read is not what the promoted server has.
    onPromotion(node) {
      sessions.destroyAll(node);
      runLock?.lose(node);
    },
  });
  const backends = new WeakMap<object, { readonly node: Node; readonly key: BackendKey }>();
  const environments = new WeakMap<object, NodeEnvironment>();
  let runLock: RunLock | undefined;
  let shared: ReadonlySet<string> = new Set();
  const presence = new NodePresence(emit);
  /** Says of a refusal whether it is for good, if the node lets us ask over the run lock's connection. */
  const explained = async (error: unknown, { node, identity }: OpenNode): Promise<unknown> => {
    if (!isPgMigError(error) || error.code !== "TOO_MANY_CONNECTIONS") {
      return error;
    }
    const answer = await runLock?.ask(node, connectionLimitsSql).catch(() => undefined);
    const limits = parseConnectionLimits(answer?.rows ?? []);
    if (limits === undefined) {
      return error;
    }
    const nodesOnServer = nodes.filter(
      (other) => other.identity.systemIdentifier === identity.systemIdentifier,
    ).length;
    return hopelessLimit(error, limits, { ...node, nodesOnServer }) ?? error;
  };
  const openConnection = async (open: OpenNode) => {
    try {
      return await primaries.connect(open.node, open.identity);
    } catch (error) {
      throw await explained(error, open);
    }
  };
  const connections: SessionConnections = {
    async connect({ name }) {
      const open = byName.get(name);
      if (open === undefined) {
        throw new Error(`Not a node of this cluster: ${name}`);
      }
      const first = takeFrom(clients, name);
      const { client, node, identity } =
        first === undefined ? await openConnection(open) : { ...open, client: first };
      const key = backendKeyOf(client);
      if (key !== undefined) {
        backends.set(client, { node, key });
      }
      environments.set(client, await nodeEnvironment(node));
      try {
        primaries.requireLatest(open.node, identity);
      } catch (error) {
        await client.end();
        throw error;
      }
      return client;
    },
    environment: (client) => environments.get(client) ?? {},
    async cancel(_, client) {
      const backend = backends.get(client);
      if (backend !== undefined) {
        await cancelBackend(backend.key);
      }
    },
    mayWork: (node) => runLock?.mayWork(node),
    sharesBackends: ({ name }) => shared.has(name),
  };
  const sessions = new SessionPool(connections, presence);
  const ask: OpenCluster["ask"] = async (node, sql) => {
    if (runLock === undefined) {
      throw connectionLost("The cluster is not locked.");
    }
    return runLock.ask(node, sql);
  };
  let bug: { readonly reason: unknown } | undefined;
  const watch = new SessionWatch({
    ...{ sessions, ask, emit, signal, reconnectForMs: patience(options).reconnectForMs },
    onBug(reason) {
      bug = { reason };
      void sessions.cancelAll();
      options.onBug?.(reason);
    },
  });
  const openSession = async ({ node }: OpenNode) => {
    sessions.release(await sessions.acquire(node));
  };
  const readAgain = async (open: OpenNode, reconnectForMs: number): Promise<OpenNode> => {
    const { only, pool, validShards } = options;
    const { node, ledger: before } = open;
    const read = await readPatiently(node, { sessions, pool, before, reconnectForMs, signal });
    const isValid =
      validShards &&
      (await askPatiently(node, { sessions, reconnectForMs, signal }, ({ client }) =>
        readValidShards(client, validShards),
      ));
    const shards = read.ledger.shards.filter(({ shard }) => isValid?.(shard) ?? true);
    return { ...open, ...read, shards: chosenShards(node, shards, only, open.shards) };
  };
  const findPoolers: OpenCluster["findPoolers"] = async ({ allowPooler }) => {
    const opened = nodes.map((open) => ({ open, client: clients.get(open.node.name) }));
    shared = await sharedByPooler(opened, {
      ...{ applicationName, signal, allowPooler },
      onNote: options.onNote,
    });
  };
  return {
    nodes,
    schemas,
    sessions,
    get promotions() {
      return primaries.promotions;
    },
    isShared: ({ name }) => shared.has(name),
    findPoolers,
    async lock({ waitMs, allowPooler, onPauseWish }) {
      const { RunLock } = await import("./run-lock.js");
      await findPoolers({ allowPooler });
      runLock = new RunLock({
        nodes: nodes
          .filter(({ node }) => !shared.has(node.name))
          .map(({ node, identity }) => {
            const client = takeFrom(clients, node.name);
            return {
              node,
              order: `${identity.systemIdentifier} ${identity.databaseOid}`,
              first: client && { client, identity },
              connect: () => primaries.connect(node, identity),
            };
          }),
        waitMs,
        signal,
        onNote: options.onNote,
        // All nodes that are away are waited for at the same time, also those whose turn has not come.
        onAway: (node, error) => presence.missed(node, error, patience(options).reconnectForMs),
        onBack: (node) => presence.seen(node),
        onPauseWish,
      });
      // The first sessions are opened meanwhile, but by a run that may wait for long: what cannot be
      // opened is told when it is needed.
      const opening = waitMs === 0 ? onEachNode(nodes, openSession).catch(() => {}) : undefined;
      try {
        await runLock.take();
      } finally {
        await opening;
      }
    },
    ask,
    async connect(sessionNode) {
      const client = await sessions.connect(sessionNode);
      const node = byName.get(sessionNode.name)?.node;
      return {
        query: (sql: string) =>
          node === undefined
            ? client.query(sql)
            : whileAnswering(node, client, client.query(sql), { applicationName, signal }),
        end: () => new Session(client).close(),
      };
    },
    async query({ node }, sql) {
      // The first connection is no session yet: nothing is set on it that others could meet.
      const client = clients.get(node.name);
      if (client !== undefined) {
        const asked = client.query(`${ownPathSql};\n${sql}`);
        return lastAnswer(await whileAnswering(node, client, asked, { applicationName, signal }))
          .rows;
      }
      const { reconnectForMs } = patience(options);
      return askPatiently(
        node,
        { sessions, reconnectForMs, signal },
        async (session) => lastAnswer(await session.client.query(`${ownPathSql};\n${sql}`)).rows,
      );
    },
    firstColumn({ node }, sql) {
      const { reconnectForMs } = patience(options);
      const { signal } = options;
      return askPatiently(node, { sessions, reconnectForMs, signal }, async (session) => {
        signal.throwIfAborted();
        const onAbort = () => void sessions.cancelAll();
        signal.addEventListener("abort", onAbort);
        try {
          return await firstColumn(session.client, sql);
        } finally {
          signal.removeEventListener("abort", onAbort);
          session.reset("droppable");
        }
      });
    },
    readLedgers: () =>
      onEachNode(nodes, (open) => readAgain(open, patience(options).reconnectForMs)),
    async readReachable() {
      const results = await Promise.allSettled(nodes.map((open) => readAgain(open, 0)));
      return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    },
    async close() {
      await sessions.close();
      watch.stop();
      await runLock?.close();
      await Promise.all([...clients.values()].map((client) => new Session(client).close()));
      if (bug !== undefined) {
        throw bug.reason;
      }
    },
  };
}

function takeFrom<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
