import { equals } from "@pg-mig/model";
import type { Blocker, BuildProgress } from "@pg-mig/report";
import { isOneOfSql, type ServerSession } from "./session-settings.js";

/** What a server says of one of its sessions. */
export interface SessionActivity {
  readonly pid: number;
  /** As PostgreSQL calls it: `active`, `idle`, `idle in transaction` … */
  readonly state: string | null;
  /** For how long it is in that state. */
  readonly inStateMs: number;
  /** Whether it waits for a lock, or for transactions to end. */
  readonly waiting: boolean;
  /** Whether it waits for a lock of a table behind which others must wait that only read or write. */
  readonly obstructs: boolean;
  /** For whom it waits. */
  readonly blockedBy: readonly Blocker[];
  readonly progress: BuildProgress | undefined;
  /** The synchronous standbys that its COMMIT waits for, as `synchronous_standby_names` has them. */
  readonly awaitedStandbys: string | undefined;
}

/** Whether a row `a` of pg_stat_activity waits for a lock; null if it waits for nothing. */
const waits = `(a.wait_event_type ${equals} 'Lock'::pg_catalog.text)`;

/**
 * Asks what sessions of one server are at; a session that is gone has no row. `pg_blocking_pids`,
 * which takes all locks of the lock table's partitions for a moment, is called for waiting ones only.
 */
export function sessionActivitySql(sessions: readonly ServerSession[]): string {
  return `SELECT pg_catalog.row_to_json(s) AS session FROM (
  SELECT a.pid, a.state,
    (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change)::pg_catalog.float8
      OPERATOR(pg_catalog.*) '1000'::pg_catalog.float8)::pg_catalog.int8 AS in_state_ms,
    ${waits} IS TRUE AS waiting,
    CASE WHEN ${waits} THEN EXISTS (
      SELECT FROM pg_catalog.pg_locks l WHERE l.pid ${equals} a.pid AND NOT l.granted AND l.locktype ${equals} 'relation'::pg_catalog.text
        AND l.mode ${equals} ANY ('{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[])
    ) END AS obstructs,
    CASE WHEN ${waits} THEN (
      SELECT pg_catalog.json_agg(b) FROM (${blockersSql("SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid))")}) b
    ) END AS blockers,
    CASE WHEN a.wait_event ${equals} 'SyncRep'::pg_catalog.text THEN pg_catalog.current_setting('synchronous_standby_names') END AS standbys,
    p.phase, p.lockers_done, p.lockers_total, p.blocks_done, p.blocks_total, p.tuples_done, p.tuples_total
  FROM pg_catalog.pg_stat_activity a LEFT JOIN pg_catalog.pg_stat_progress_create_index p ON p.pid ${equals} a.pid
  WHERE ${isOneOfSql(sessions)}
) s`;
}

/** Reads the rows of {@link sessionActivitySql}. */
export function parseSessionActivity(rows: readonly unknown[]): SessionActivity[] {
  return (rows as readonly { readonly session: ActivityRow }[]).map(({ session }) => ({
    pid: session.pid,
    state: session.state,
    inStateMs: session.in_state_ms ?? 0,
    waiting: session.waiting,
    obstructs: session.obstructs ?? false,
    blockedBy: (session.blockers ?? []).map(parseBlocker),
    progress: parseProgress(session),
    awaitedStandbys: session.standbys ?? undefined,
  }));
}

/** Asks who the processes are that `pidsSql` selects. */
export function whoIsSql(pidsSql: string): string {
  return `SELECT pg_catalog.row_to_json(b) AS blocker FROM (${blockersSql(pidsSql)}) b`;
}

/** Reads the rows of {@link whoIsSql}. */
export function parseBlockers(rows: readonly unknown[]): Blocker[] {
  return (rows as readonly { readonly blocker: BlockerRow }[]).map(({ blocker }) =>
    parseBlocker(blocker),
  );
}

function blockersSql(pidsSql: string): string {
  return `SELECT w.pid, o.usename, o.state, o.query, o.xact_start,
        CASE WHEN o.application_name OPERATOR(pg_catalog.<>) ''::pg_catalog.text THEN o.application_name
          WHEN o.backend_type OPERATOR(pg_catalog.<>) 'client backend'::pg_catalog.text THEN o.backend_type END AS application
      FROM (SELECT DISTINCT q.pid FROM (${pidsSql}) AS q(pid)) AS w
      LEFT JOIN pg_catalog.pg_stat_activity o ON o.pid ${equals} w.pid ORDER BY w.pid`;
}

interface BlockerRow {
  readonly pid: number;
  readonly usename: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly query: string | null;
  readonly xact_start: string | null;
}

interface ActivityRow {
  readonly pid: number;
  readonly state: string | null;
  readonly in_state_ms: number | null;
  readonly waiting: boolean;
  readonly obstructs: boolean | null;
  readonly blockers: readonly BlockerRow[] | null;
  readonly standbys: string | null;
  readonly phase: string | null;
  readonly lockers_done: number | null;
  readonly lockers_total: number | null;
  readonly blocks_done: number | null;
  readonly blocks_total: number | null;
  readonly tuples_done: number | null;
  readonly tuples_total: number | null;
}

/** So much of a query tells which it is. */
const queryLength = 100;
/** What a server shows for a query to those who may not see it. */
const hidden = "<insufficient privilege>";

function parseBlocker({
  pid,
  usename,
  application,
  state,
  query,
  xact_start,
}: BlockerRow): Blocker {
  const text = query === hidden ? "" : (query ?? "").replace(/\s+/g, " ").trim();
  return {
    pid,
    ...(usename === null ? {} : { user: usename }),
    ...(application === null ? {} : { application }),
    ...(state === null ? {} : { state }),
    ...(text === "" ? {} : { query: text.slice(0, queryLength) }),
    ...(xact_start === null ? {} : { since: new Date(xact_start).toISOString() }),
  };
}

/** Counts of earlier phases may stand beside those of the phase at hand: its name tells which count. */
function parseProgress(row: ActivityRow): BuildProgress | undefined {
  const { phase } = row;
  if (phase === null) {
    return undefined;
  }
  const unit = /^waiting/.test(phase) ? "lockers" : /tuples/.test(phase) ? "tuples" : "blocks";
  const done = row[`${unit}_done`] ?? 0;
  const total = row[`${unit}_total`] ?? 0;
  return total > 0 ? { phase, count: { done, total, unit } } : { phase };
}
