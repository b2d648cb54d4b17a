import { equals, ownPath } from "@pg-mig/model";

/**
 * Whether a session has its server process for itself:
 * - `own`: from its beginning to its end;
 * - `shared`: a pooler gives it one for each transaction, and then to somebody else.
 */
export type Backend = "own" | "shared";

/** The process is somebody else's after the transaction. */
const ownPathHere = `SET LOCAL search_path TO ${ownPath}`;

/** What no rollback takes back. */
const outlivesRollback = [
  "SELECT pg_catalog.pg_advisory_unlock_all()",
  // Not those of the protocol, which other clients of the pooler know of.
  "DO $$ DECLARE name pg_catalog.text; BEGIN " +
    "FOR name IN SELECT s.name FROM pg_catalog.pg_prepared_statements s WHERE s.from_sql LOOP " +
    "EXECUTE pg_catalog.format('DEALLOCATE %I', name); END LOOP; END $$",
  "DISCARD SEQUENCES",
];

/**
 * What undoes, in a version's own transaction, all that its file may leave in the session: for what
 * DISCARD ALL does is done too late where the process is somebody else's after the COMMIT.
 */
export const leaveNothingSql: readonly string[] = [
  "RESET SESSION AUTHORIZATION",
  "RESET ROLE",
  "RESET ALL",
  ownPathHere,
  "CLOSE ALL",
  "UNLISTEN *",
  "DISCARD TEMP",
  ...outlivesRollback,
];

/**
 * The message that rolls back and undoes what outlives it. Only a transaction keeps the process, so
 * there is one without a gap.
 */
export const rollBackSharedSql: string = [
  "ROLLBACK AND CHAIN",
  ownPathHere,
  ...outlivesRollback,
  "COMMIT",
].join(";\n");

/**
 * What sets, for a transaction, what a session with its own process sets once: the path, and one more
 * time-out of PostgreSQL 17.
 */
export const enterSharedSql: readonly string[] = [
  ownPathHere,
  "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings " +
    `WHERE name ${equals} 'transaction_timeout'::pg_catalog.text`,
];
