import { hash as hashOf } from "node:crypto";
import { equals, quoteIdentifier, quoteLiteral } from "@pg-mig/model";
import { isAdvisoryLockSql } from "./advisory-lock.js";
import type { ShardLedger } from "./shard-ledger.js";

/**
 * The first half of the two-integer advisory lock key of a shard; the second is a hash of its name.
 * Two-integer keys cannot meet the single-bigint keys that applications mostly use.
 */
const shardLockClass = 0x70676d67;

const shardTaken = "pg-mig: another run has taken the shard";
const ledgerChanged = "pg-mig: the ledger has changed";
const notStored = "pg-mig: the ledger is not what was stored";
const eventTriggers = "pg-mig: there are event triggers";

/** Why a shard could not be taken. */
export type TakeFailure = "shard-taken" | "ledger-changed";

/**
 * Renders the two statements that guard a version, to be run first in its transaction: *take* the
 * shard (a lock that ends with the transaction; never waited for), then *check* that its ledger is
 * still the one that the plan was made from. Each fails, and with it the transaction, if it cannot
 * be done; {@link takeFailure} tells which. They mean the same under any `search_path`.
 *
 * They are two statements, because the check must see what was committed before the lock was had:
 * under READ COMMITTED every statement reads with a new snapshot. Begin the transaction with that
 * level by name: a database may have another one for its default. And the check reads
 * `pg_proc.prosrc`, since a call of the function may answer from the backend's cache.
 *
 * With `scope: "session"` the lock outlives the transaction, for versions that run outside of one;
 * {@link releaseShardSql} gives it back.
 */
export function takeShardSql(
  ledger: ShardLedger,
  scope: "transaction" | "session" = "transaction",
): string[] {
  const lock = scope === "session" ? "pg_try_advisory_lock" : "pg_try_advisory_xact_lock";
  return guardSql(lock, lockKey(ledger.shard), isStoredSql(termsOf(ledger)));
}

function guardSql(lock: string, ofShard: string, isStored: string): [take: string, check: string] {
  return [
    refuseUnlessSql(`pg_catalog.${lock}(${ofShard})`, shardTaken),
    refuseUnlessSql(isStored, ledgerChanged),
  ];
}

/** A condition: there are event triggers, whose code may run beside any statement. */
export const hasEventTriggersSql = `EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char")`;

const unlessEventTriggers = refusalSql(`NOT ${hasEventTriggersSql}`, eventTriggers);

/** A statement for after the guard that fails if there are event triggers; {@link refusedEventTriggers} tells that. */
export const refuseEventTriggersSql = `SELECT ${unlessEventTriggers}`;

/**
 * Statements that prepare the guard of transactions in a session, for {@link takePreparedSql}: to plan
 * it costs a server as much as a small version. It refuses event triggers, too. Run them where `pg_catalog` is
 * looked at first. They are dropped by `DISCARD ALL`, and can be replaced by code that a file runs: the caller
 * must see to it that none has run since.
 */
export function prepareTakeSql(): string[] {
  const stored = {
    oid: "$1",
    schema: "$2",
    isHash: (hash: string, ofLedger: string) =>
      `CASE WHEN $3 IS NULL THEN NOT EXISTS (SELECT ${ofLedger}) ELSE ${hash} ${equals} $3 END`,
  };
  const [take, check] = guardSql("pg_try_advisory_xact_lock", "$1, $2", isStoredSql(stored));
  return [
    `PREPARE pg_mig_take(pg_catalog.int4, pg_catalog.int4) AS ${take}`,
    `PREPARE pg_mig_check(pg_catalog.oid, pg_catalog.text, pg_catalog.text) AS ${check}, ${unlessEventTriggers}`,
  ];
}

/**
 * Renders what {@link takeShardSql} and {@link refuseEventTriggersSql} do in a transaction, by the statements of
 * {@link prepareTakeSql}.
 */
export function takePreparedSql({ shard, schemaOid, storedHash }: ShardLedger): string[] {
  const { lockClass, hash } = lockKeyOf(shard);
  const expected = storedHash === undefined ? "NULL" : `'${storedHash}'`;
  // All of them literals of no type yet: nothing is cast.
  return [
    `EXECUTE pg_mig_take('${lockClass}', '${hash}')`,
    `EXECUTE pg_mig_check('${schemaOid}', ${quoteLiteral(quoteIdentifier(shard))}, ${expected})`,
  ];
}

/** Renders the statement that gives back a lock that was taken with the scope `"session"`. */
export function releaseShardSql(shard: string): string {
  return `SELECT pg_catalog.pg_advisory_unlock(${lockKey(shard)})`;
}

/**
 * Renders the statement that fails unless the ledger of a shard is stored as {@link storeLedgerSql}
 * has just left it; {@link isNotStored} tells that failure.
 */
export function checkStoredSql(ledger: ShardLedger): string {
  return refuseUnlessSql(isStoredSql(termsOf(ledger)), notStored);
}

/** Renders a query for the server processes that hold a shard, in either scope: one column of pids. */
export function shardHoldersSql(shard: string): string {
  const { lockClass, hash } = lockKeyOf(shard);
  return `SELECT pid FROM pg_catalog.pg_locks WHERE ${isAdvisoryLockSql(lockClass, hash)}`;
}

/** An error that a server gave to statements of ours: one of a file may have any text. */
export interface StatementError {
  readonly sqlState?: string | undefined;
  readonly message: string;
}

/** Tells from a server's error whether {@link takeShardSql} refused, and why. */
export function takeFailure(error: StatementError): TakeFailure | undefined {
  if (isRefusal(error, shardTaken)) {
    return "shard-taken";
  }
  return isRefusal(error, ledgerChanged) ? "ledger-changed" : undefined;
}

/** Tells from a server's error whether {@link refuseEventTriggersSql} refused. */
export function refusedEventTriggers(error: StatementError): boolean {
  return isRefusal(error, eventTriggers);
}

/** Tells from a server's error whether {@link checkStoredSql} refused. */
export function isNotStored(error: StatementError): boolean {
  return isRefusal(error, notStored);
}

/**
 * A statement that fails with a text of ours unless the condition holds. Nothing in a database makes
 * it succeed: text is read as an integer by PostgreSQL itself, whatever settings, casts, functions and
 * operators there are. It is read only when the statement runs, since the planner cannot know which
 * of the two texts it will be.
 */
function refuseUnlessSql(isSo: string, refusalText: string): string {
  return `SELECT ${refusalSql(isSo, refusalText)}`;
}

function refusalSql(isSo: string, refusalText: string): string {
  return (
    `(CASE WHEN (${isSo}) IS TRUE THEN '0'::pg_catalog.text ` +
    `ELSE '${refusalText}'::pg_catalog.text END)::pg_catalog.int4`
  );
}

function isRefusal({ sqlState, message }: StatementError, text: string): boolean {
  // 22P02, invalid_text_representation: the message has the text in every language.
  return sqlState === "22P02" && message.includes(`"${text}"`);
}

/** What the check is about: literals, or the parameters of a prepared statement. */
interface CheckedTerms {
  readonly oid: string;
  /** The name of the schema, as SQL reads it, in a text. */
  readonly schema: string;
  /** The condition on the hash of what is stored, or on its absence. */
  readonly isHash: (hash: string, ofLedger: string) => string;
}

function termsOf({ shard, schemaOid, storedHash }: ShardLedger): CheckedTerms {
  return {
    oid: `'${schemaOid}'::pg_catalog.oid`,
    schema: quoteLiteral(quoteIdentifier(shard)),
    isHash: (hash, ofLedger) =>
      storedHash === undefined
        ? `NOT EXISTS (SELECT ${ofLedger})`
        : `${hash} ${equals} '${storedHash}'::pg_catalog.text`,
  };
}

function isStoredSql({ oid, schema, isHash }: CheckedTerms): string {
  // The whole key of an index: without the argument types the plan visits every shard's function.
  const ofLedger =
    `FROM pg_catalog.pg_proc WHERE proname ${equals} 'mig_versions_const'::pg_catalog.name ` +
    `AND proargtypes ${equals} ''::pg_catalog.oidvector AND pronamespace ${equals} ${oid}`;
  // The hash travels instead of the text, which has some 50 bytes for every version.
  const hash =
    "(SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(prosrc, 'UTF8')), 'hex') " +
    `${ofLedger})`;
  // A schema may be dropped, or renamed and another one made by its name.
  return `pg_catalog.to_regnamespace(${schema})::pg_catalog.oid ${equals} ${oid} AND ${isHash(hash, ofLedger)}`;
}

function lockKey(shard: string): string {
  const { lockClass, hash } = lockKeyOf(shard);
  return `${lockClass}, ${hash}`;
}

function lockKeyOf(shard: string): { readonly lockClass: number; readonly hash: number } {
  let hash = lockHashes.get(shard);
  if (hash === undefined) {
    hash = hashOf("sha256", shard, "buffer").readInt32BE(0);
    if (lockHashes.size === mostLockHashes) {
      lockHashes.clear();
    }
    lockHashes.set(shard, hash);
  }
  return { lockClass: shardLockClass, hash };
}

/** Of the shards whose versions are being run, and some before them. */
const lockHashes = new Map<string, number>();
const mostLockHashes = 10_000;
