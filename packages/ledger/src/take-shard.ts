import { createHash } from "node:crypto";
import { quoteLiteral } from "./quote.js";
import type { ShardLedger } from "./shard-ledger.js";

/**
 * The first half of the two-integer advisory lock key of a shard; the second is a hash of its name.
 * Two-integer keys cannot meet the single-bigint keys that applications mostly use.
 */
const shardLockClass = 0x70676d67;

/** Names of settings that do not exist: asking for one is how the guard's statements fail. */
const shardTaken = "pg_mig.shard_is_taken_by_another_run";
const ledgerChanged = "pg_mig.ledger_has_changed";

/** Why a shard could not be taken. */
export type TakeFailure = "shard-taken" | "ledger-changed";

/**
 * Renders the two statements that guard a version, to be run first in its transaction: *take* the
 * shard (a lock that ends with the transaction; never waited for), then *check* that its ledger is
 * still the one that the plan was made from. Each fails, and with it the transaction, if it cannot
 * be done; {@link takeFailure} tells which.
 *
 * They are two statements, because the check must see what was committed before the lock was had:
 * under READ COMMITTED every statement reads with a new snapshot. And the check reads
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
  return [
    `SELECT CASE WHEN NOT pg_catalog.${lock}(${lockKey(ledger.shard)}) ` +
      `THEN pg_catalog.current_setting('${shardTaken}') END`,
    checkLedgerSql(ledger),
  ];
}

/** Renders the statement that gives back a lock that was taken with the scope `"session"`. */
export function releaseShardSql(shard: string): string {
  return `SELECT pg_catalog.pg_advisory_unlock(${lockKey(shard)})`;
}

/** Renders a query for the server processes that hold a shard, in either scope: one column of pids. */
export function shardHoldersSql(shard: string): string {
  const { lockClass, hash } = lockKeyOf(shard);
  return (
    "SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 " +
    // Both halves of the key are shown as what they are without a sign.
    `AND classid = ${lockClass} AND objid = ${hash >>> 0} AND database = ` +
    "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
  );
}

/** Tells from a server's error whether {@link takeShardSql} refused, and why. */
export function takeFailure(error: {
  readonly sqlState?: string | undefined;
  readonly message: string;
}): TakeFailure | undefined {
  // 42704, undefined_object: the message names the setting in every language.
  if (error.sqlState !== "42704") {
    return undefined;
  }
  if (error.message.includes(shardTaken)) {
    return "shard-taken";
  }
  return error.message.includes(ledgerChanged) ? "ledger-changed" : undefined;
}

function checkLedgerSql({ shard, schemaOid, storedHash }: ShardLedger): string {
  const same =
    storedHash === undefined
      ? "p.prosrc IS NULL"
      : // The hash travels instead of the text, which has some 50 bytes for every version.
        `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p.prosrc, 'UTF8')), 'hex') = '${storedHash}'`;
  // A schema may be dropped, or renamed and another one made by its name.
  const schema = `(SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = ${schemaOid})`;
  // The whole key of an index: without the argument types the plan visits every shard's function.
  return (
    `SELECT CASE WHEN (p.nspname = ${quoteLiteral(shard)} AND ${same}) IS NOT TRUE ` +
    `THEN pg_catalog.current_setting('${ledgerChanged}') END ` +
    `FROM (SELECT ${schema} AS nspname, (SELECT prosrc FROM pg_catalog.pg_proc ` +
    `WHERE proname = 'mig_versions_const' AND proargtypes = '' AND pronamespace = ${schemaOid}) AS prosrc) p`
  );
}

function lockKey(shard: string): string {
  const { lockClass, hash } = lockKeyOf(shard);
  return `${lockClass}, ${hash}`;
}

function lockKeyOf(shard: string): { readonly lockClass: number; readonly hash: number } {
  const hash = createHash("sha256").update(shard).digest().readInt32BE(0);
  return { lockClass: shardLockClass, hash };
}
