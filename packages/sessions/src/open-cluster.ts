import { hostname } from "node:os";
import process from "node:process";
import {
  connectNode,
  createDatabaseIfMissing,
  databaseExists,
  discoverNodes,
  distinctNodes,
  type Node,
  nodeIdentitySql,
  parseNodeIdentity,
  streamRows,
  waitForNode,
  withDatabase,
} from "@pg-mig/cluster";
import {
  EntryPool,
  isNodeLedgerRow,
  NodeLedgerReader,
  nodeLedgerSql,
  renderRunName,
} from "@pg-mig/ledger";
import { ownPathSql, PgMigError } from "@pg-mig/model";
import type pg from "pg";
import { createLiveCluster, type LiveClusterOptions, type OpenCluster } from "./live-cluster.js";
import { missingRight } from "./missing-right.js";
import { onEachNode } from "./on-each-node.js";
import type { OpenNode } from "./open-node.js";
import { chosenShards, nodesToAsk, nodesToUse } from "./selected-shards.js";
import { Session } from "./session.js";
import { whileAnswering } from "./silence.js";
import { readValidShards } from "./valid-shards.js";

export interface OpenClusterOptions extends Omit<LiveClusterOptions, "applicationName" | "pool"> {
  /** What is done with it, in a word: `pg_stat_activity` shows it of each connection. */
  readonly action:
    | "apply"
    | "undo"
    | "dry"
    | "status"
    | "latest"
    | "list"
    | "drift"
    | "rehearse"
    | "adopt"
    | "pause";
  /** Which of the primaries to work on, now that it is known who they are. @default all of them */
  readonly keep?: ((open: OpenNode) => boolean) | undefined;
  /**
   * Whether to make a database that is missing, and to wait for a server that is still starting; with the action
   * `dry` neither: a missing database is read as what it would be.
   */
  readonly createDatabase?: boolean | undefined;
  /** Told what the user should know and is no error: a replica that is skipped, a server waited for. */
  readonly onNote: (message: string) => void;
}

interface ConnectOptions extends OpenClusterOptions, LiveClusterOptions {
  readonly onConnectNote: (message: string) => void;
}

/**
 * Finds the nodes, connects to all of them and reads all ledgers, with one query per node. Replicas
 * are skipped, and a database that is listed under two names is used once, each with a note.
 *
 * @throws PgMigError what discovery throws; `CLUSTER_UNREACHABLE`, with a problem for each node, if
 * any node cannot be used; `NO_PRIMARY` if there are only replicas; `NOTHING_CHOSEN`.
 */
export async function openCluster(given: OpenClusterOptions): Promise<OpenCluster> {
  const { action, sources, defaults, signal, onNote, only, keep = () => true } = given;
  const run = { action, since: new Date(), pid: process.pid, host: hostname() };
  const told = new Set<string>();
  const options: ConnectOptions = {
    ...given,
    // The nodes share a password file: what is wrong with it is told once.
    onConnectNote: (message) => {
      if (!told.has(message)) {
        onNote(message);
      }
      told.add(message);
    },
    applicationName: renderRunName(run),
    pool: new EntryPool(),
  };
  const { applicationName, onConnectNote } = options;
  const all = await discoverNodes(sources, { signal, log: onNote, defaults });
  const found = nodesToAsk(all, only);
  const clients = new Map<string, pg.Client>();
  try {
    const inspected = await onEachNode(found, async (node) => {
      const place = await placeToConnect(node, options);
      const client = await connectNode(place, { applicationName, signal, onNote: onConnectNote });
      clients.set(node.name, client);
      const open = await inspectNode(node, client, options);
      return place === node ? open : asMissing(open);
    });
    const { used, replicas, duplicates } = distinctNodes(inspected);
    for (const { node } of replicas) {
      onNote(`${node.label} is a replica and is skipped.`);
    }
    for (const { node, sameAs } of duplicates) {
      onNote(`${node.label} is the same database as ${sameAs.label} and is used once.`);
    }
    for (const { node } of used.filter(({ isMissing }) => isMissing === true)) {
      onNote(`The database "${node.database}" does not exist on ${node.label}; an apply makes it.`);
    }
    if (used.length === 0 && only?.part === undefined) {
      throw noPrimary(found);
    }
    const nodes = nodesToUse(used, only).filter(keep);
    const kept = new Set(nodes.map(({ node }) => node.name));
    await Promise.all(
      [...clients].map(async ([name, client]) => {
        if (!kept.has(name)) {
          await new Session(client).close();
        }
      }),
    );
    const schemas = found.length === all.length ? schemasOf(inspected) : undefined;
    return createLiveCluster(nodes, schemas, clients, options);
  } catch (error) {
    await Promise.all([...clients.values()].map((client) => new Session(client).close()));
    throw error;
  }
}

/** The names of all schemas of nodes. */
export function schemasOf(nodes: readonly Pick<OpenNode, "ledger">[]): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ ledger }) => ledger.shards.map(({ shard }) => shard)));
}

/** Both questions travel in one message. A pooler may share its connection: the path is for it alone. */
async function inspectNode(
  node: Node,
  client: pg.Client,
  { only, pool, validShards, applicationName, signal }: ConnectOptions,
): Promise<OpenNode> {
  const answered = <T>(asked: Promise<T>) =>
    whileAnswering(node, client, asked, { applicationName, signal });
  const reader = new NodeLedgerReader(pool);
  const identity: Readonly<Record<string, unknown>>[] = [];
  const reading = streamRows(
    client,
    `${ownPathSql};\n${nodeIdentitySql};\n${nodeLedgerSql}`,
    (row) => {
      if (isNodeLedgerRow(row)) {
        reader.add(row);
      } else {
        identity.push(row);
      }
    },
  );
  await answered(reading).catch((error: unknown) => {
    throw missingRight(error, node) ?? error;
  });
  const ledger = reader.end();
  const isValid = validShards && (await answered(readValidShards(client, validShards)));
  const shards = ledger.shards.filter(({ shard }) => isValid?.(shard) ?? true);
  return {
    node,
    identity: parseNodeIdentity(identity),
    ledger,
    shards: chosenShards(node, shards, only),
  };
}

/**
 * Where to connect to for a node: the node, after its database was made if that is wanted; for a plan, and on a
 * replica, the database that one which is missing would be a copy of.
 */
async function placeToConnect(
  node: Node,
  { action, createDatabase, signal, onNote, applicationName }: ConnectOptions,
): Promise<Node> {
  if (createDatabase !== true) {
    return node;
  }
  if (action === "dry") {
    const isThere = await databaseExists(node, { applicationName, signal });
    return isThere ? node : withDatabase(node, "template1");
  }
  const answered = <T>(client: pg.Client, asked: Promise<T>) =>
    whileAnswering(withDatabase(node, client.database ?? ""), client, asked, {
      applicationName,
      signal,
    });
  const onWaiting = (reason: string) => onNote(`Waiting for ${node.label}: ${reason}`);
  await waitForNode(node, { applicationName, signal, onWaiting });
  const outcome = await createDatabaseIfMissing(node, { applicationName, signal, answered });
  if (outcome === "created") {
    onNote(`The database "${node.database}" did not exist on ${node.label}; it is created.`);
  }
  return outcome === "replica" ? withDatabase(node, "template1") : node;
}

/** What was read is that of the template, which several missing databases have in common. */
function asMissing(open: OpenNode): OpenNode {
  const { database } = open.node;
  const identity = { ...open.identity, databaseOid: `of ${database}`, databaseName: database };
  return { ...open, identity, isMissing: true };
}

function noPrimary(nodes: readonly Node[]): PgMigError {
  const labels = nodes.map(({ label }) => label).join(", ");
  return new PgMigError(`There is no primary among the nodes: ${labels}.`, {
    code: "NO_PRIMARY",
    hint: "All of them are replicas. Add the primaries to the setting `hosts`.",
  });
}
