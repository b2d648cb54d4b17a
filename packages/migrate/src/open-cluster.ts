import {
  type BackendKey,
  backendKeyOf,
  cancelBackend,
  connectNode,
  createDatabaseIfMissing,
  type DiscoverySource,
  discoverNodes,
  distinctNodes,
  type Node,
  type NodeDefaults,
  type NodeIdentity,
  nodeIdentitySql,
  parseNodeIdentity,
  waitForNode,
} from "@pg-mig/cluster";
import { isPgMigError, PgMigError } from "@pg-mig/errors";
import { isConnectionLoss, SessionPool } from "@pg-mig/executor";
import {
  type NodeLedger,
  type NodeLedgerRow,
  nodeLedgerSql,
  parseNodeLedger,
  readNodeLedger,
  type ShardLedger,
} from "@pg-mig/ledger";
import PQueue from "p-queue";
import type pg from "pg";
import { chosenShards, nodesToAsk, nodesToUse, type Only } from "./chosen-shards.js";
import { PrimaryFinder } from "./primary-finder.js";

/** What `pg_stat_activity` shows for the tool's connections. */
const applicationName = "pg-mig";

/** To how many nodes at a time connections are opened and ledgers are read. */
const NODES_AT_A_TIME = 64;

export interface OpenClusterOptions {
  /** Where the nodes come from. */
  readonly sources: readonly DiscoverySource[];
  /** What a source leaves out. */
  readonly defaults: NodeDefaults;
  /** Which nodes and shards to work on; `undefined`: all. */
  readonly only?: Only | undefined;
  /** Whether to make a database that is missing, and to wait for a server that is still starting. */
  readonly createDatabase?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Told what the user should know and is no error: a replica that is skipped, a server waited for. */
  readonly onNote: (message: string) => void;
}

/** A primary of the cluster, with what it remembers. */
export interface OpenNode {
  readonly node: Node;
  readonly identity: NodeIdentity;
  readonly ledger: NodeLedger;
  /** The ledgers of the shards to work on: all of the node's, if nothing was said. */
  readonly shards: readonly ShardLedger[];
}

/** The cluster's primaries, each connected once, and the sessions that runs use. */
export interface OpenCluster {
  /** By name, in code-unit order. At least one. */
  readonly nodes: readonly OpenNode[];
  /** The connections that the ledgers were read over become the first sessions. */
  readonly sessions: SessionPool;
  /** Reads all ledgers again. */
  readLedgers(): Promise<readonly OpenNode[]>;
  /** Reads the ledgers of the nodes that still answer. */
  readReachable(): Promise<readonly OpenNode[]>;
  close(): Promise<void>;
}

/**
 * Finds the nodes, connects to all of them and reads all ledgers, with one query per node. Replicas
 * are skipped, and a database that is listed under two names is used once, each with a note.
 *
 * @throws PgMigError what discovery throws; `CLUSTER_UNREACHABLE`, with a problem for each node, if
 * any node cannot be used; `NO_PRIMARY` if there are only replicas; `NOTHING_CHOSEN`.
 */
export async function openCluster(options: OpenClusterOptions): Promise<OpenCluster> {
  const { sources, defaults, signal, onNote, only } = options;
  const all = await discoverNodes(sources, { signal, log: onNote, defaults });
  const found = nodesToAsk(all, only);
  const clients = new Map<string, pg.Client>();
  try {
    const inspected = await onEach(found, async (node) => {
      const client = await connect(node, options);
      clients.set(node.name, client);
      return inspectNode(node, client, only);
    });
    const { used, replicas, duplicates } = distinctNodes(inspected);
    for (const { node } of replicas) {
      onNote(`${node.label} is a replica and is skipped.`);
    }
    for (const { node, sameAs } of duplicates) {
      onNote(`${node.label} is the same database as ${sameAs.label} and is used once.`);
    }
    if (used.length === 0) throw noPrimary(found);
    const nodes = nodesToUse(used, only);
    const keep = new Set(nodes.map(({ node }) => node.name));
    await Promise.all(
      [...clients].map(async ([name, client]) => {
        if (!keep.has(name)) await client.end();
      }),
    );
    return createOpenCluster(nodes, clients, options);
  } catch (error) {
    await Promise.allSettled([...clients.values()].map((client) => client.end()));
    throw error;
  }
}

function createOpenCluster(
  nodes: readonly OpenNode[],
  clients: Map<string, pg.Client>,
  options: OpenClusterOptions,
): OpenCluster {
  const byName = new Map(nodes.map((open) => [open.node.name, open]));
  const primaries = new PrimaryFinder({ ...options, applicationName });
  const backends = new WeakMap<object, { readonly node: Node; readonly key: BackendKey }>();
  const sessions = new SessionPool({
    async connect({ name }) {
      const open = byName.get(name);
      if (open === undefined) throw new Error(`Not a node of this cluster: ${name}`);
      const first = clients.get(name);
      clients.delete(name);
      const { client, node } =
        first === undefined
          ? await primaries.connect(open.node, open.identity)
          : { client: first, node: open.node };
      const key = backendKeyOf(client);
      if (key !== undefined) backends.set(client, { node, key });
      return client;
    },
    async cancel(_, client) {
      const backend = backends.get(client);
      if (backend !== undefined) await cancelBackend(backend.node, backend.key);
    },
  });
  const readAgain = async (open: OpenNode): Promise<OpenNode> => {
    const session = await sessions.acquire(open.node);
    try {
      const ledger = await readNodeLedger(session.client);
      return { ...open, ledger, shards: chosenShards(open.node, ledger.shards, options.only) };
    } finally {
      sessions.release(session);
    }
  };
  return {
    nodes,
    sessions,
    readLedgers: () => onEach(nodes, readAgain),
    async readReachable() {
      const results = await Promise.allSettled(nodes.map(readAgain));
      return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    },
    async close() {
      await sessions.close();
      await Promise.allSettled([...clients.values()].map((client) => client.end()));
    },
  };
}

/** Both questions travel in one message. */
async function inspectNode(
  node: Node,
  client: pg.Client,
  only: Only | undefined,
): Promise<OpenNode> {
  // pg's types know nothing of messages with several statements, whose results are an array.
  const results: unknown = await client.query(`${nodeIdentitySql};\n${nodeLedgerSql}`);
  const [identity, { rows }] = results as [pg.QueryResult, pg.QueryResult<NodeLedgerRow>];
  const ledger = parseNodeLedger(rows);
  return {
    node,
    identity: parseNodeIdentity(identity.rows),
    ledger,
    shards: chosenShards(node, ledger.shards, only),
  };
}

async function connect(
  node: Node,
  { createDatabase, signal, onNote }: OpenClusterOptions,
): Promise<pg.Client> {
  if (createDatabase) {
    const onWaiting = (reason: string) => onNote(`Waiting for ${node.label}: ${reason}`);
    await waitForNode(node, { applicationName, signal, onWaiting });
    if ((await createDatabaseIfMissing(node, { applicationName, signal })) === "created") {
      onNote(`The database "${node.database}" did not exist on ${node.label}; it is created.`);
    }
  }
  return connectNode(node, { applicationName, signal });
}

/** Runs something for each node, and tells the errors of all nodes at once. */
async function onEach<N extends { readonly name: string } | OpenNode, T>(
  nodes: readonly N[],
  run: (node: N) => Promise<T>,
): Promise<T[]> {
  const queue = new PQueue({ concurrency: NODES_AT_A_TIME });
  const results = await Promise.allSettled(nodes.map((node) => queue.add(() => run(node))));
  const failures = results.flatMap((result, i) => {
    if (result.status === "fulfilled") return [];
    const node = nodes[i];
    const label = node === undefined ? "" : "node" in node ? node.node.label : node.name;
    return [{ node: label, error: nodeError(label, result.reason) }];
  });
  const [first] = failures;
  if (first === undefined) return results.map((result) => (result as { value: T }).value);
  if (failures.length === 1) throw first.error;
  throw new PgMigError(`${failures.length} of ${nodes.length} nodes cannot be used.`, {
    code: "CLUSTER_UNREACHABLE",
    problems: failures.map(({ node, error: { message, hint, where } }) => ({
      message,
      hint,
      where: { node, ...where },
    })),
    cause: first.error,
  });
}

/** An error of a server or its connection, as the user's; anything else is thrown on. */
function nodeError(node: string, reason: unknown): PgMigError {
  if (isPgMigError(reason)) return reason;
  const ofServer = reason instanceof Error && "severity" in reason;
  if (!ofServer && !isConnectionLoss(reason)) throw reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  return new PgMigError(`${node} could not be read: ${message}.`, {
    code: "NODE_UNREADABLE",
    hint: "Look into the server's log. Nothing was changed there by this.",
    where: { node },
    cause: reason,
  });
}

function noPrimary(nodes: readonly Node[]): PgMigError {
  const labels = nodes.map(({ label }) => label).join(", ");
  return new PgMigError(`There is no primary among the nodes: ${labels}.`, {
    code: "NO_PRIMARY",
    hint: "All of them are replicas. Add the primaries to --hosts (PGHOST).",
  });
}
