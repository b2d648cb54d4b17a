import { equals } from "@pg-mig/model";
import { isAdvisoryLockSql } from "./advisory-lock.js";
import { runLockClass } from "./run-lock.js";

/** Beside the run lock: held by who asks for a pause, and by a run that has heard it. */
const [wish, heard] = [1, 2];

const isWish = isAdvisoryLockSql(runLockClass, wish);
const isHeard = isAdvisoryLockSql(runLockClass, heard);

/**
 * Asks the run that has the run lock of a database to pause, for as long as the asking session lives:
 * nothing is remembered. Several may ask.
 */
export const askForPauseSql = `SELECT pg_catalog.pg_try_advisory_lock_shared(${runLockClass}, ${wish}) AS asked`;

/**
 * What a run asks: who wants it to pause, a row for {@link parsePauseWish}, or none. It obeys a role that is a
 * member of its own, or a superuser: who could end its session (`pg_terminate_backend`), too.
 */
export const pauseWishSql = `SELECT a.usename::pg_catalog.text AS role, a.client_addr::pg_catalog.text AS address
FROM (SELECT pid FROM pg_catalog.pg_locks WHERE ${isWish}) l
JOIN pg_catalog.pg_stat_activity a ON a.pid ${equals} l.pid
JOIN pg_catalog.pg_roles own ON own.rolname ${equals} SESSION_USER
WHERE pg_catalog.pg_has_role(a.usesysid, own.oid, 'MEMBER')
LIMIT 1`;

/** Says to who asks that the run has heard it. */
export const pauseHeardSql = `SELECT pg_catalog.pg_try_advisory_lock(${runLockClass}, ${heard})`;

/** Asks which session has heard the wish: a row with its `pid`, or none. */
export const pauseHearerSql = `SELECT pid FROM pg_catalog.pg_locks WHERE ${isHeard}`;

/** Who wants a run to pause. */
export interface PauseWish {
  readonly role: string;
  /** `undefined`: a Unix socket, or the role of the run may not see it. */
  readonly address: string | undefined;
}

/** Reads the answer to {@link pauseWishSql}; `undefined`: nobody does. */
export function parsePauseWish(rows: readonly unknown[]): PauseWish | undefined {
  const [row] = rows as readonly { readonly role: string; readonly address: string | null }[];
  return row === undefined ? undefined : { role: row.role, address: row.address ?? undefined };
}
