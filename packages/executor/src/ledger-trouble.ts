import { PgMigError } from "@pg-mig/model";

/** One version on one shard. */
interface Step {
  readonly shard: string;
  readonly version: string;
}

/** Something of the database changed the ledger the moment it was stored; all of it is rolled back. */
export function entryRefusedError({ shard, version }: Step, cause: unknown): PgMigError {
  return new PgMigError(
    `Something in the database changes the ledger of shard "${shard}" when ${version} is recorded in it. The version is rolled back.`,
    {
      code: "LEDGER_NOT_STORED",
      hint: "Look at the event triggers of the database (\\dy in psql): one of them must leave mig_versions_const() alone.",
      where: { shard, version },
      cause,
    },
  );
}

/** A version is committed, and the ledger does not say so any more, on the very same server. */
export function entryLostError({ shard, version }: Step): PgMigError {
  return new PgMigError(
    `Version ${version} is applied and committed, but its entry in the ledger of shard "${shard}" is gone: something in the database, or another program, has taken it away.`,
    {
      code: "LEDGER_ENTRY_LOST",
      hint: "It is not run again. Find what takes the entry away (an event trigger, a deferred trigger, another tool), then write the entry into the ledger again before you run pg-mig again.",
      where: { shard, version },
    },
  );
}

/** The version's own transaction finds another ledger than everybody else does, again and again. */
export function ledgerUnsettledError({ shard, version }: Step): PgMigError {
  return new PgMigError(
    `${version} on shard "${shard}" finds another ledger in its own transaction than before it.`,
    {
      code: "LEDGER_UNSETTLED",
      hint: "The file, or something that it calls, must change mig_versions_const() itself: leave that to pg-mig.",
      where: { shard, version },
    },
  );
}
