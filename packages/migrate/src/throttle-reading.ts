import type { Throttle } from "@pg-mig/model";
import { countOf, formatDuration, type ThrottleReason } from "@pg-mig/report";

/** What was read of a node: of each thing that the throttle looks at, one number or word. */
export interface ThrottleReading {
  readonly lagMs?: number;
  readonly lagBytes?: number;
  readonly active?: number;
  readonly blocked?: number;
  readonly hold?: boolean;
}

/** What a server said of what the throttle looks at, but for the query `hold`. */
export interface ServerReading extends ThrottleReading {
  /** The standby that lags most, by each measure. */
  readonly lagOf?: string;
  readonly lagBytesOf?: string;
  /** Why the rest of the reading means nothing; `undefined`: it does. */
  readonly unseen?: string;
}

/** Ours are those of this run; nothing else has such a name. */
const ours = `ARRAY(SELECT o.pid FROM pg_stat_activity o
      WHERE o.application_name = current_setting('application_name'))`;

/**
 * Asks a server for what the throttle looks at, in one row; `undefined`: it looks at nothing that the server is
 * asked for. It needs the tool's own search_path.
 */
export function throttleSql({ lagMs, lagBytes, active, blocked }: Throttle): string | undefined {
  const standbys = lagMs !== undefined || lagBytes !== undefined;
  if (!standbys && active === undefined && blocked === undefined) {
    return undefined;
  }
  const sees = "pg_has_role('pg_read_all_stats', 'MEMBER')";
  const parts = [
    `'sees', ${standbys || active !== undefined ? sees : "true"}`,
    ...(standbys ? [`'standbys', (${standbysSql})`] : []),
    ...(active === undefined ? [] : [`'sessions', (${sessionsSql})`]),
    ...(blocked === undefined ? [] : [`'blocked', (${blockedSql})`]),
  ];
  return `SELECT json_build_object(${parts.join(", ")}) AS reading`;
}

/** Who may not see it gets a row of each standby, with its name alone. */
const standbysSql = `SELECT json_agg(json_build_object('name', r.application_name, 'state', r.state,
    'lagMs', extract(epoch FROM r.replay_lag)::float8 * 1000,
    'lagBytes', pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::float8)) FROM pg_stat_replication r`;

/** Of a session that hides what it does, nobody knows that it is idle. */
const sessionsSql = `SELECT json_build_object(
    'active', count(*) FILTER (WHERE a.state IN ('active', 'fastpath function call', 'disabled')),
    'hidden', count(*) FILTER (WHERE a.backend_type IS NULL))
    FROM pg_stat_activity a
    WHERE (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL AND a.datid IS NOT NULL)
      AND a.application_name IS DISTINCT FROM current_setting('application_name')`;

/** Everybody sees the locks of all. */
const blockedSql = `SELECT count(DISTINCT l.pid) FROM pg_locks l, (SELECT ${ours} AS pids) ours
    WHERE NOT l.granted AND l.pid <> ALL (ours.pids) AND pg_blocking_pids(l.pid) && ours.pids`;

interface ReadingRow {
  readonly sees: boolean;
  readonly standbys?: readonly StandbyRow[] | null;
  readonly sessions?: { readonly active: number; readonly hidden: number };
  readonly blocked?: number;
}

interface StandbyRow {
  readonly name: string | null;
  readonly state: string | null;
  readonly lagMs: number | null;
  readonly lagBytes: number | null;
}

/** Reads the row of {@link throttleSql}. */
export function parseReading(row: unknown, { except = [] }: Throttle): ServerReading {
  const { sees, standbys, sessions, blocked } = (row as { readonly reading: ReadingRow }).reading;
  const counted = (standbys ?? []).filter(({ name }) => !except.includes(name ?? ""));
  if (!sees || counted.some(({ state }) => state === null) || (sessions?.hidden ?? 0) > 0) {
    return { unseen: "the role may not see standbys and sessions of others" };
  }
  // A base backup, and who stores WAL and replays none, do not lag.
  const replaying = counted.filter(
    ({ state, lagBytes }) => (state === "streaming" || state === "catchup") && lagBytes !== null,
  );
  // Once it has caught up, an idle standby keeps the lag that it had before for a while.
  const [slow] = replaying
    .map(({ name, lagMs, lagBytes }) => ({ name, ms: (lagBytes ?? 0) > 0 ? (lagMs ?? 0) : 0 }))
    .sort((a, b) => b.ms - a.ms);
  const [long] = replaying.toSorted((a, b) => (b.lagBytes ?? 0) - (a.lagBytes ?? 0));
  return {
    ...(standbys === undefined
      ? {}
      : {
          lagMs: slow?.ms ?? 0,
          lagOf: slow?.name ?? "",
          lagBytes: Math.max(0, long?.lagBytes ?? 0),
          lagBytesOf: long?.name ?? "",
        }),
    ...(sessions === undefined ? {} : { active: sessions.active }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

/** Why a node is paused, with what was read, as the end of a sentence. */
export function whyPaused(
  reasons: readonly ThrottleReason[],
  { lagMs = 0, lagOf, lagBytes = 0, lagBytesOf, active = 0, blocked = 0 }: ServerReading,
): string {
  const words: Readonly<Record<ThrottleReason, () => string>> = {
    lagMs: () => `the standby ${lagOf} lags by ${formatDuration(lagMs)}`,
    lagBytes: () => `the standby ${lagBytesOf} lags by ${formatBytes(lagBytes)}`,
    active: () => `${countOf(active, "session")} of others ${active === 1 ? "is" : "are"} active`,
    blocked: () =>
      `${countOf(blocked, "session")} of others ${blocked === 1 ? "waits" : "wait"} for locks of this run`,
    hold: () => "the query `hold` says so",
    unknown: () => "nobody can tell",
  };
  return reasons.map((reason) => words[reason]()).join(", ");
}

const units = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** In PostgreSQL's units, of 1024 each. */
function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round(bytes / 1024 ** power)} ${units[power]}`;
}
