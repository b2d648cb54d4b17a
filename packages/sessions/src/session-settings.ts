import { hasEventTriggersSql } from "@pg-mig/ledger";
import { equals, ownPath } from "@pg-mig/model";

/**
 * What every session of a run sets for itself, by name. A role or a database may say otherwise (ALTER
 * ROLE … SET): a run's own limits are those of its options and files.
 */
const settingValues: Readonly<Record<string, string>> = {
  statement_timeout: "0",
  transaction_timeout: "0", // PostgreSQL 17
  idle_session_timeout: "0", // PostgreSQL 14
  idle_in_transaction_session_timeout: "0",
  // The backend of a tool that is gone, or cut off, is gone with its locks in half a minute …
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  // … also while a statement of it runs or waits.
  client_connection_check_interval: "5000", // PostgreSQL 14
};

/** A setting that exists on servers which refuse to have it changed: those that do not run on Linux. */
export const refusableSetting = "client_connection_check_interval";

/** The server's side of a session. */
export interface ServerSession {
  /** The server's process, which a pooler does not tell. */
  readonly pid: number;
  /** When that process began, as text that only the server compares: a pid comes again. */
  readonly startedAt: string;
}

/** What a server tells of a session when it is opened. */
export interface OpenedSession extends ServerSession {
  /** The settings of the session that this server knows. */
  readonly settings: readonly string[];
  /** The level of its transactions, unless that is READ COMMITTED. */
  readonly isolation?: string | undefined;
  /** When the server was started: another one, or the same one started again, has another time. */
  readonly serverStartedAt?: string | undefined;
  /** Whether code of the database may run beside any statement, and change what it does or leave something. */
  readonly hasEventTriggers?: boolean | undefined;
}

/**
 * The message that opens a session: sets all settings that the server knows, but `except`. Views such
 * as `pg_settings` would cost a fresh backend some milliseconds.
 */
export function openSessionSql(except?: string): string {
  let sql = openingMessages.get(except);
  if (sql === undefined) {
    sql = renderOpening(except);
    openingMessages.set(except, sql);
  }
  return sql;
}

/** Thousands of sessions are opened with the same one. */
const openingMessages = new Map<string | undefined, string>();

function renderOpening(except: string | undefined): string {
  const values = Object.entries(settingValues)
    .filter(([name]) => name !== except)
    .map(([name, value]) => `('${name}', '${value}')`);
  return [
    // Alone and first: the next statements, too, are cut off by what the role may have set.
    "SET statement_timeout TO 0",
    `SET search_path TO ${ownPath}`,
    `SELECT pg_catalog.pg_backend_pid() AS pid, (${startedAtSql}) AS "startedAt", ` +
      `ARRAY(SELECT name FROM (VALUES ${values.join(", ")}) AS v(name, value) ` +
      "WHERE CASE WHEN pg_catalog.current_setting(name, true) IS NOT NULL " +
      "THEN pg_catalog.set_config(name, value, false) END IS NOT NULL) AS settings, " +
      "pg_catalog.current_setting('default_transaction_isolation') AS isolation, " +
      'EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time())::pg_catalog.text AS "serverStartedAt", ' +
      `${hasEventTriggersSql} AS "hasEventTriggers"`,
  ].join(";\n");
}

const startedAtSql =
  "SELECT EXTRACT(epoch FROM backend_start)::pg_catalog.text FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())";

/** Reads what a server answers to {@link openSessionSql}; `undefined` if it is nothing of the kind. */
export function parseOpenedSession(answer: unknown): OpenedSession | undefined {
  // A message of several statements has an answer for each.
  const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer;
  const [row] =
    (last as { readonly rows?: readonly Partial<OpenedSession>[] } | undefined)?.rows ?? [];
  const { pid, startedAt, settings, isolation, serverStartedAt, hasEventTriggers } = row ?? {};
  if (pid === undefined || startedAt === undefined || settings === undefined) {
    return undefined;
  }
  const special = isolation === "read committed" ? {} : { isolation };
  return { pid, startedAt, settings, serverStartedAt, hasEventTriggers, ...special };
}

/** The message that sets path and settings again, after they were reset. */
export function keepSessionSql(opened: OpenedSession | undefined): string {
  const settings = (opened?.settings ?? []).map((name) => `SET ${name} TO ${settingValues[name]}`);
  return [`SET search_path TO ${ownPath}`, ...settings].join("; ");
}

/**
 * How much memory the server's process of a session has for itself. Superusers may see it, and from PostgreSQL 15 on
 * members of pg_read_all_stats.
 */
export const backendSizeSql =
  "SELECT pg_catalog.sum(total_bytes) AS bytes FROM pg_catalog.pg_backend_memory_contexts";

/**
 * Ends the server's side of sessions that were given up, if it is still there; others stay. So does one
 * that waits for a synchronous replica: it has committed, and to end it would show what may yet be lost.
 */
export function endBackendsSql(sessions: readonly ServerSession[]): string {
  return (
    "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a " +
    `WHERE ${isOneOfSql(sessions)} AND (a.wait_event ${equals} 'SyncRep'::pg_catalog.text) IS NOT TRUE`
  );
}

/** A condition on the rows `a` of pg_stat_activity. */
export function isOneOfSql(sessions: readonly ServerSession[]): string {
  const keys = sessions.map(({ pid, startedAt }) => `"${pid} ${startedAt}"`);
  const key = `pg_catalog.concat(a.pid, ' ', EXTRACT(epoch FROM a.backend_start))`;
  return `${key} ${equals} ANY ('{${keys.join(",")}}'::pg_catalog.text[])`;
}
