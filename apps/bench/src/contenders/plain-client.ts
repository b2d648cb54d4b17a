import { inSlots, type Job, type JobNode, type JobVersion, readJob } from "../job.js";
import { BareConnection } from "../wire/bare-connection.js";
import {
  type GuardedShard,
  guardedShard,
  guardSql,
  prepareGuardSql,
  tryRunLockSql,
} from "./plain-guard.js";
import {
  LedgerSteps,
  type PlainLedger,
  readPlainLedger,
  sha256,
  storeLedgerSql,
} from "./plain-ledger.js";

// The contender "plain": the least that a client can do which gives what pg-mig gives.

const sessionSql =
  "SET search_path TO pg_catalog, pg_temp; SET statement_timeout TO 0; " +
  "SET idle_session_timeout TO 0; SET idle_in_transaction_session_timeout TO 0; " +
  "SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3; " +
  `SET client_connection_check_interval TO 5000; ${prepareGuardSql}`;

const ledgersSql =
  "SET search_path TO pg_catalog, pg_temp; SELECT n.nspname AS schema, n.oid, p.proname AS name, p.prosrc AS stored " +
  "FROM pg_namespace n LEFT JOIN pg_proc p ON p.pronamespace = n.oid AND p.proargtypes = ''::oidvector " +
  "AND p.proname = 'mig_versions_const'::name WHERE n.nspname !~ '^(pg_|debug_|information_schema$)'";

const beginSql =
  "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout TO 0; " +
  "SET LOCAL lock_timeout TO 100; SET LOCAL idle_in_transaction_session_timeout TO 0; ";

interface Version extends JobVersion {
  readonly checksum: string;
}

interface ShardToDo {
  readonly guarded: GuardedShard;
  readonly ledger: PlainLedger;
}

const job = await readJob();
const versions = job.versions.map((version) => ({ ...version, checksum: sha256(version.sql) }));
const wanted = new Set(job.shards);
const steps = new LedgerSteps();
await Promise.all(job.nodes.map((node) => runNode(node, job)));

async function runNode(node: JobNode, { parallelism }: Job): Promise<void> {
  const lock = await BareConnection.open(node);
  const [taken] = (await lock.query(tryRunLockSql)).rows;
  if (taken?.[0] !== "t") {
    throw new Error("Another run works on this database.");
  }
  const { rows } = await lock.query(ledgersSql);
  const shards: ShardToDo[] = [];
  for (const [shard, oid, , stored] of rows) {
    if (shard && oid && wanted.has(shard)) {
      const ledger = readPlainLedger(stored ?? null, versions);
      if (ledger.length < versions.length) {
        shards.push({ guarded: guardedShard(shard, oid), ledger });
      }
    }
  }
  const sessions: BareConnection[] = [];
  await inSlots(shards, parallelism, {
    async open() {
      const session = await BareConnection.open(node);
      sessions.push(session);
      await session.query(sessionSql);
      return session;
    },
    use: runShard,
  });
  await Promise.all([lock, ...sessions].map((connection) => connection.close()));
}

async function runShard(session: BareConnection, { guarded, ledger }: ShardToDo): Promise<void> {
  let before = ledger;
  for (const version of versions.slice(ledger.length)) {
    const after = steps.after(before, version, `${new Date().toISOString().slice(0, 19)}Z`);
    await runVersion(session, guarded, { version, before, after });
    before = after;
  }
}

/** Two messages: the work, then COMMIT alone, with what cleans up right after it in the same write. */
async function runVersion(
  session: BareConnection,
  guarded: GuardedShard,
  step: { readonly version: Version; readonly before: PlainLedger; readonly after: PlainLedger },
): Promise<void> {
  const { version, before, after } = step;
  const { shard } = guarded;
  await session.query(
    `${beginSql}${guardSql(guarded, before.hash)}; SET LOCAL search_path TO ${shard};\n` +
      `${version.sql}\n;${storeLedgerSql(shard, after)}`,
  );
  const cleanUp = version.leaves === "traces" ? ["DISCARD ALL", sessionSql] : [];
  const [commit, ...cleaned] = await session.exchange("COMMIT", ...cleanUp);
  const failed = [commit, ...cleaned].find((answer) => answer?.error !== undefined);
  if (commit?.tag !== "COMMIT" || failed !== undefined) {
    throw new Error(`COMMIT was answered with ${failed?.error ?? commit?.tag}.`);
  }
}
