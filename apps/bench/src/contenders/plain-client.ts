import { type Job, type JobNode, type JobVersion, readJob } from "../job.js";
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

// The contender "plain": the least that a client can do which gives what pg-mig gives. With the argument
// "ahead" it sends the work of the next step together with each COMMIT.

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

/** One version on one shard. */
interface Step {
  readonly guarded: GuardedShard;
  readonly version: Version;
  readonly before: PlainLedger;
  readonly after: PlainLedger;
}

const job = await readJob();
const isAhead = process.argv[3] === "ahead";
const versions = job.versions.map((version) => ({ ...version, checksum: sha256(version.sql) }));
const wanted = new Set(job.shards);
const ledgers = new LedgerSteps();
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
  const queue = shards.values();
  const sessions = Math.min(parallelism, shards.length);
  await Promise.all(Array.from({ length: sessions }, () => runSession(node, stepsOf(queue))));
  await lock.close();
}

/** The steps of the shards that no other session takes from the queue. */
function* stepsOf(queue: Iterable<ShardToDo>): Generator<Step, undefined> {
  for (const { guarded, ledger } of queue) {
    let before = ledger;
    for (const version of versions.slice(ledger.length)) {
      const after = ledgers.after(before, version, `${new Date().toISOString().slice(0, 19)}Z`);
      yield { guarded, version, before, after };
      before = after;
    }
  }
}

/** Two messages a step: the work, then COMMIT alone, with what cleans up right after it in the same write. */
async function runSession(node: JobNode, steps: Iterator<Step, undefined>): Promise<void> {
  const session = await BareConnection.open(node);
  await session.query(sessionSql);
  let isSent = false;
  for (let step = steps.next().value; step !== undefined; ) {
    if (!isSent) {
      await session.query(workSql(step));
    }
    const cleanUp = step.version.leaves === "traces" ? ["DISCARD ALL", sessionSql] : [];
    const next = isAhead ? steps.next().value : undefined;
    const ahead = next === undefined ? [] : [workSql(next)];
    const [commit, ...others] = await session.exchange("COMMIT", ...cleanUp, ...ahead);
    const failed = [commit, ...others].find((answer) => answer?.error !== undefined);
    if (commit?.tag !== "COMMIT" || failed !== undefined) {
      throw new Error(`COMMIT was answered with ${failed?.error ?? commit?.tag}.`);
    }
    isSent = isAhead;
    step = isAhead ? next : steps.next().value;
  }
  await session.close();
}

function workSql({ guarded, version, before, after }: Step): string {
  const { shard } = guarded;
  return (
    `${beginSql}${guardSql(guarded, before.hash)}; SET LOCAL search_path TO ${shard};\n` +
    `${version.sql}\n;${storeLedgerSql(shard, after)}`
  );
}
