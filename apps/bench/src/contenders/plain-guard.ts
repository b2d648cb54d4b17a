import { createHash } from "node:crypto";

/**
 * The plain client's form of pg-mig's guard: two statements that are prepared once a session. They are
 * executed before the path of the shard is set, under the path that they were prepared under, so that
 * their plans are kept and no name is looked up in the shard. The keys of the locks are pg-mig's.
 */
export const prepareGuardSql =
  `PREPARE take(int4, int4) AS SELECT (CASE WHEN pg_try_advisory_xact_lock($1, $2) IS TRUE ` +
  `THEN '0'::text ELSE 'another run has taken the shard'::text END)::int4; ` +
  `PREPARE check_ledger(oid, text, text) AS SELECT (CASE WHEN (to_regnamespace($2)::oid = $1 AND ` +
  "(SELECT encode(sha256(convert_to(prosrc, 'UTF8')), 'hex') FROM pg_proc WHERE proname = 'mig_versions_const'::name " +
  "AND proargtypes = ''::oidvector AND pronamespace = $1) IS NOT DISTINCT FROM $3) IS TRUE " +
  "THEN '0'::text ELSE 'the ledger has changed'::text END)::int4";

/** Keeps other runs away from the whole database. */
export const tryRunLockSql = "SELECT pg_try_advisory_lock(1885826408, 0)";

/** What of the guard does not change with the ledger. */
export interface GuardedShard {
  readonly shard: string;
  readonly oid: string;
  readonly lockKey: number;
}

export function guardedShard(shard: string, oid: string): GuardedShard {
  return { shard, oid, lockKey: createHash("sha256").update(shard).digest().readInt32BE(0) };
}

/** Takes the shard and checks that its ledger is still the one with this hash, or none. */
export function guardSql({ shard, oid, lockKey }: GuardedShard, hash: string | undefined): string {
  const expected = hash === undefined ? "NULL" : `'${hash}'`;
  return `EXECUTE take(1885826407, ${lockKey}); EXECUTE check_ledger(${oid}, '${shard}', ${expected})`;
}
