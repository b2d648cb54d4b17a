import { equals } from "@pg-mig/model";
import { isAdvisoryLockSql } from "./advisory-lock.js";
import { parseRunName, type RunName } from "./run-name.js";

/** Beside the class of the shards' locks; the second half of the run lock is 0: one lock a database. */
export const runLockClass = 0x70676d68;

const key = `${runLockClass}, 0`;

const isRunLock = isAdvisoryLockSql(runLockClass, 0);

/**
 * What a session that is to hold the run lock needs first: no name that is found in a schema of
 * others, no time-out that would end it while it is idle, and that the server notices within half a
 * minute when its client's machine is gone.
 */
export const runLockSessionSql = [
  "SET search_path TO pg_catalog, pg_temp",
  "SET idle_session_timeout TO 0",
  "SET statement_timeout TO 0",
  "SET tcp_keepalives_idle TO 10",
  "SET tcp_keepalives_interval TO 5",
  "SET tcp_keepalives_count TO 3",
].join("; ");

/**
 * Tries to take the lock that only one run at a time has on a database: a row with `taken`. It
 * belongs to the session, ends with it, and can be taken several times by it.
 *
 * Never waited for: a statement that waits holds a snapshot, which CREATE INDEX CONCURRENTLY of the
 * lock's holder would wait for in turn, and no server sees that circle. For the same reason it is to
 * be sent outside of transactions.
 */
export const tryRunLockSql = `SELECT pg_catalog.pg_try_advisory_lock(${key}) AS taken`;

/** Gives back the lock that {@link tryRunLockSql} took. */
export const releaseRunLockSql = `SELECT pg_catalog.pg_advisory_unlock(${key})`;

/** Asks whether the asking session has the lock: a row if so. */
export const ownRunLockSql = `SELECT 1 FROM pg_catalog.pg_locks WHERE ${isRunLock} AND pid ${equals} pg_catalog.pg_backend_pid()`;

/** Asks who has the lock: a row for {@link parseRunLockHolder}, or none. Any role may ask. */
export const runLockHolderSql = `SELECT l.pid, a.application_name, a.usename::pg_catalog.text AS role, a.client_addr::pg_catalog.text AS address
FROM (SELECT pid FROM pg_catalog.pg_locks WHERE ${isRunLock}) l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid ${equals} l.pid`;

/** Who has the run lock of a database. */
export interface RunLockHolder {
  /** Of the server's process, for `pg_terminate_backend`. */
  readonly serverPid: number;
  /** What the holder says of itself; `undefined`: it is no run of pg-mig that can be seen. */
  readonly run: RunName | undefined;
  readonly applicationName: string | undefined;
  readonly role: string | undefined;
  /** `undefined`: a Unix socket, or the asking role may not see it. */
  readonly address: string | undefined;
}

/** Reads the answer to {@link runLockHolderSql}; `undefined`: nobody has it any more. */
export function parseRunLockHolder(rows: readonly unknown[]): RunLockHolder | undefined {
  const [row] = rows as readonly {
    readonly pid: number;
    readonly application_name: string | null;
    readonly role: string | null;
    readonly address: string | null;
  }[];
  if (row === undefined) {
    return undefined;
  }
  const applicationName = row.application_name || undefined;
  return {
    serverPid: row.pid,
    run: applicationName === undefined ? undefined : parseRunName(applicationName),
    applicationName,
    role: row.role ?? undefined,
    address: row.address ?? undefined,
  };
}
