import { PgMigError } from "@pg-mig/model";

/** What a connected server says about itself. */
export interface NodeIdentity {
  /** Names the database cluster. A replica, and any copy of the files, has it too. */
  readonly systemIdentifier: string;
  readonly databaseOid: string;
  readonly databaseName: string;
  readonly inRecovery: boolean;
  /** Transactions are read-only by default, which is so on a replica but may be set on a primary. */
  readonly readOnly: boolean;
  /** Such as 180004. */
  readonly serverVersionNum: number;
  readonly backendPid: number;
  /** Eight hexadecimal digits, one more after each promotion; `undefined` on a replica. */
  readonly timeline: string | undefined;
  /** In microseconds since 1970, as digits. */
  readonly postmasterStart: string;
}

/**
 * One query that an ordinary role may run on PostgreSQL 14 to 18, on primary and replica, giving
 * one row for {@link parseNodeIdentity}. Every operator and type has its schema, so that none is
 * found in a schema of others, whatever the `search_path`.
 */
export const nodeIdentitySql = `SELECT
  (SELECT system_identifier FROM pg_catalog.pg_control_system())::pg_catalog.text AS system_identifier,
  d.oid::pg_catalog.text AS database_oid,
  d.datname::pg_catalog.text AS database_name,
  pg_catalog.pg_is_in_recovery()::pg_catalog.text AS in_recovery,
  pg_catalog.current_setting('transaction_read_only') AS read_only,
  pg_catalog.current_setting('server_version_num') AS server_version_num,
  pg_catalog.pg_backend_pid()::pg_catalog.text AS backend_pid,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN
    pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)
  END AS timeline,
  (EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time()) OPERATOR(pg_catalog.*) '1000000'::pg_catalog.numeric)::pg_catalog.int8::pg_catalog.text AS postmaster_start
FROM pg_catalog.pg_database AS d
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

/**
 * Reads the answer to {@link nodeIdentitySql}. Pure.
 *
 * @throws PgMigError `NODE_IDENTITY_UNREADABLE` if it is no such answer.
 */
export function parseNodeIdentity(
  rows: readonly Readonly<Record<string, unknown>>[],
): NodeIdentity {
  const row = rows[0];
  const text = (column: string): string => {
    const value = row?.[column];
    if (typeof value === "string") {
      return value;
    }
    throw new PgMigError(`The server did not say its ${column.replaceAll("_", " ")}.`, {
      code: "NODE_IDENTITY_UNREADABLE",
      hint: "Connect to PostgreSQL 14 or newer itself, not to something that only speaks its protocol.",
    });
  };
  return {
    systemIdentifier: text("system_identifier"),
    databaseOid: text("database_oid"),
    databaseName: text("database_name"),
    inRecovery: text("in_recovery") === "true",
    readOnly: text("read_only") === "on",
    serverVersionNum: Number(text("server_version_num")),
    backendPid: Number(text("backend_pid")),
    timeline: text("in_recovery") === "true" ? undefined : text("timeline"),
    postmasterStart: text("postmaster_start"),
  };
}
