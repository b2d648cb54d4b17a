import {
  checkStoredSql,
  isNotStored,
  ledgerEntry,
  prepareTakeSql,
  readNodeLedger,
  readShardLedger,
  refusedEventTriggers,
  refuseEventTriggersSql,
  type ShardLedger,
  shardHoldersSql,
  storeLedgerSql,
  takeFailure,
  takePreparedSql,
  takeShardSql,
  withEntries,
} from "@pg-mig/ledger";
import { parseScript } from "@pg-mig/psql-script";
import type { RunEvent } from "@pg-mig/report";
import type { SessionNode } from "@pg-mig/sessions";
import { SessionPool, SessionWatch, type SessionWatchOptions } from "@pg-mig/sessions";
import type { TestDatabase, TestProxy } from "@pg-mig/testkit";
import pg from "pg";
import { onTestFinished } from "vitest";
import type { ChainToRun } from "./chain-state.js";
import { runChains } from "./run-chains.js";
import type { RunChainsOptions } from "./run-chains-options.js";
import { runHook } from "./run-on-nodes.js";
import type { StepRecorder } from "./step-recorder.js";
import type { StepScript } from "./step-script.js";

/** A database that chains run on, and the way to it. */
export interface TestTarget {
  readonly node: SessionNode;
  readonly database: TestDatabase;
  /** Sessions go through it, if there is one. */
  readonly proxy?: TestProxy;
}

/** A version of a test: its statements, and how it runs if not in a transaction. */
export type TestVersion = string | (Partial<StepScript> & { readonly sql: string });

export interface TestRunOptions
  extends Partial<
    Pick<
      RunChainsOptions<ShardLedger>,
      "parallelism" | "lockTimeoutMs" | "retryForMs" | "reconnectForMs"
    >
  > {
  readonly targets: readonly TestTarget[];
  /** By name; every shard of every target gets all of them. */
  readonly versions: Readonly<Record<string, TestVersion>>;
  /** Who the run logs in as, with the password of the node's superuser. */
  readonly user?: string;
  /** How long a connection has to come up. @default no limit */
  readonly connectTimeoutMs?: number;
  /** When it aborts, what runs is cancelled. @default never */
  readonly signal?: AbortSignal;
  /** So many requests to cancel come before their statement, and do nothing. @default 0 */
  readonly lostCancels?: number;
  /** What the watch asks over. @default a connection of its own, through the proxy */
  readonly ask?: SessionWatchOptions["ask"];
  /** Timings of the watch. */
  readonly watch?: Partial<Omit<SessionWatchOptions, "sessions" | "ask" | "emit">>;
  /** Takes each event in its moment. */
  readonly onEvent?: (event: RunEvent) => void;
}

export function target(name: string, database: TestDatabase, proxy?: TestProxy): TestTarget {
  return { node: { name, label: name, host: name }, database, ...(proxy && { proxy }) };
}

/** Runs versions on all shards of databases, watched as a real run is; gives its events. */
export function runVersions(options: TestRunOptions): Promise<RunEvent[]> {
  const { targets, versions } = options;
  return watched(options, async (environment) => {
    await runChains(await chainsOf(targets, Object.keys(versions)), {
      ...environment,
      ...options,
      recorder: recorderOf(Object.keys(versions)),
      stepScript: (version) => stepScript(version, versions[version] ?? ""),
    });
  });
}

/** Runs a hook on all targets, in the same way. */
export function runHookOn(sql: string, options: Omit<TestRunOptions, "versions">) {
  const hook = { ...stepScript("before", sql), file: "before.sql" };
  const nodes = options.targets.map(({ node }) => node);
  return watched(options, async (environment) => {
    await runHook(nodes, hook, { ...environment, ...options });
  });
}

async function watched(
  options: Omit<TestRunOptions, "versions">,
  run: (
    environment: Omit<RunChainsOptions<ShardLedger>, "recorder" | "stepScript">,
  ) => Promise<void>,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const emit = (event: RunEvent) => {
    events.push(event);
    options.onEvent?.(event);
  };
  const sessions = openPool(options);
  const ask = options.ask ?? (await asking(options));
  const onBug = (bug: unknown) => {
    throw bug;
  };
  const watch = new SessionWatch({ sessions, emit, ask, onBug, ...options.watch });
  try {
    await run({
      sessions,
      emit,
      maxSessions: 1000,
      parallelism: 4,
      lockTimeoutMs: 2000,
      retryForMs: 60_000,
      reconnectForMs: 60_000,
      env: {},
      allowShell: true,
      signal: options.signal ?? new AbortController().signal,
    });
  } finally {
    await sessions.close();
    watch.stop();
  }
  return events;
}

type Way = Pick<TestRunOptions, "targets" | "user" | "connectTimeoutMs" | "lostCancels">;

function openPool(way: Way): SessionPool {
  const backends = new WeakMap<object, number>();
  let lost = way.lostCancels ?? 0;
  return new SessionPool({
    async connect({ name }) {
      const client = await connect(name, way);
      // No query: the network of a test may be frozen by now. pg's types leave the field out.
      if ("processID" in client) {
        backends.set(client, Number(client.processID));
      }
      return client;
    },
    async cancel({ name }, client) {
      if (lost-- > 0) {
        return;
      }
      const { database } = byName(way.targets, name);
      await database.query("SELECT pg_cancel_backend($1)", [backends.get(client)]);
    },
  });
}

/** One more connection for each target, which asks what the watch wants to know. */
async function asking(way: Way): Promise<SessionWatchOptions["ask"]> {
  const clients = new Map<string, pg.Client>();
  for (const { node } of way.targets) {
    const client = await connect(node.name, way);
    onTestFinished(() => {
      client.connection.stream.destroy();
    });
    clients.set(node.name, client);
  }
  return async ({ name }, sql) => {
    const client = clients.get(name);
    if (client === undefined) {
      throw new Error(`no target ${name}`);
    }
    return client.query(sql);
  };
}

async function connect(name: string, { targets, user, connectTimeoutMs }: Way): Promise<pg.Client> {
  const { database, proxy } = byName(targets, name);
  const client = new pg.Client({
    host: database.host,
    port: proxy?.port ?? database.port,
    database: database.name,
    user: user ?? database.user,
    password: database.password,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** The versions in a shard's ledger. */
export async function ledgerOf(database: TestDatabase, shard: string): Promise<readonly string[]> {
  const client = await database.connect();
  try {
    const ledger = await readShardLedger(client, shard);
    return ledger?.entries.map(({ version }) => version) ?? [];
  } finally {
    await client.end();
  }
}

async function chainsOf(
  targets: readonly TestTarget[],
  versions: readonly string[],
): Promise<ChainToRun<ShardLedger>[]> {
  const chains = targets.map(async ({ node, database }) => {
    const client = await database.connect();
    try {
      const { shards } = await readNodeLedger(client);
      return shards
        .filter(({ shard }) => shard !== "public")
        .map((ledger) => ({
          shard: { node, name: ledger.shard, ledger },
          pending: pendingOf(ledger, versions),
        }))
        .filter((chain) => chain.pending.length > 0);
    } finally {
      await client.end();
    }
  });
  return (await Promise.all(chains)).flat();
}

function pendingOf(ledger: ShardLedger, versions: readonly string[]): string[] {
  return versions.filter((name) => !ledger.entries.some(({ version }) => version === name));
}

/** A version as a step takes it. */
export function stepScript(version: string, given: TestVersion): StepScript {
  const { sql, ...more } = typeof given === "string" ? { sql: given } : given;
  return {
    script: parseScript(sql, { file: `${version}.up.sql` }),
    limits: {},
    transaction: "wrapped",
    mayRunBeside: "transactions",
    dropFirst: undefined,
    concurrentIndexes: [],
    ...more,
  };
}

const recorderOf = (versions: readonly string[]): StepRecorder<ShardLedger> => ({
  takeSql: takeShardSql,
  eventTriggers: { refuseSql: refuseEventTriggersSql, isRefused: refusedEventTriggers },
  prepared: { sql: prepareTakeSql(), takeSql: takePreparedSql },
  takeFailure,
  checkSql: (ledger) => [checkStoredSql(ledger)],
  isNotStored,
  holdersSql: ({ shard }) => shardHoldersSql(shard),
  record(ledger, version) {
    const entries = [...ledger.entries, ledgerEntry(version, "0".repeat(64), new Date(0))];
    const after = withEntries(ledger, entries);
    const sql = storeLedgerSql(ledger.shard, entries);
    return { sql, ledger: after };
  },
  async replan(client, before) {
    const ledger = await readShardLedger(client, before.shard);
    if (ledger === undefined) {
      throw new Error(`Shard ${before.shard} is gone.`);
    }
    const changed = ledger.storedHash !== before.storedHash;
    return { ledger, pending: pendingOf(ledger, versions), changed };
  },
});

function byName(targets: readonly TestTarget[], name: string): TestTarget {
  const found = targets.find(({ node }) => node.name === name);
  if (found === undefined) {
    throw new Error(`no target ${name}`);
  }
  return found;
}
