import { equals } from "@pg-mig/model";

/**
 * Asks a node for its rerun fingerprint, and who may have written it: a row for {@link FingerprintRow},
 * or none. Any role may ask.
 */
export const fingerprintTraceSql = `SELECT p.prosrc AS stored, p.xmin::pg_catalog.text AS xmin,
pg_catalog.array_to_string(p.proconfig, ';') AS settings,
(SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name ${equals} 'search_path'::pg_catalog.text) AS path
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid ${equals} p.pronamespace
WHERE n.nspname ${equals} 'public'::pg_catalog.name AND p.proname ${equals} 'mig_rerun_fingerprint_const'::pg_catalog.name
AND p.proargtypes ${equals} ''::pg_catalog.oidvector`;

/** A row of {@link fingerprintTraceSql}. */
export interface FingerprintRow {
  readonly stored: string;
  /** Another one after each write. */
  readonly xmin: string;
  readonly settings: string | null;
  /** The search path that a session of this role begins with here. */
  readonly path: string | null;
}

/**
 * Whether a run of pg-mig 2.x has begun on the node, and none has finished there since. Such a run
 * empties the fingerprint on all nodes before it runs the first file. What writes it, pg-mig 2.x or this
 * tool, shows in the search path that the function was made under: 2.x keeps that of the session. If
 * a session begins with this tool's path, the two cannot be told apart, and it counts as 2.x.
 */
export function isBegunBy2x({ stored, settings, path }: FingerprintRow): boolean {
  const isOurs = settings === `search_path=${ownPath}` && path !== ownPath;
  return !isOurs && /^\s*SELECT\s+'';/.test(stored);
}

/** Of `storeFingerprintSql`: the schema alone. */
const ownPath = "public";

/**
 * Asks a node for the sessions that may be those of pg-mig 2.x: of psql, or at what 2.x alone does, and
 * at work or just begun, since 2.x opens one for each file and each question. Of another role's sessions an ordinary role sees that they are psql's, and no more.
 */
export const sessionsOf2xSql = `SELECT a.pid, a.usename::pg_catalog.text AS role, a.client_addr::pg_catalog.text AS address, a.state, a.query
FROM pg_catalog.pg_stat_activity a
WHERE a.datname ${equals} pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
AND (a.state IS NULL OR a.state OPERATOR(pg_catalog.<>) 'idle'::pg_catalog.text
OR a.backend_start OPERATOR(pg_catalog.>) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '2s'::pg_catalog.interval))
AND a.application_name OPERATOR(pg_catalog.!~) '^pg-mig '::pg_catalog.text
AND (a.application_name ${equals} 'psql'::pg_catalog.text
OR a.query OPERATOR(pg_catalog.~) 'mig_(versions|digest|rerun_fingerprint)_const'::pg_catalog.text)
ORDER BY a.pid`;

/** A row of {@link sessionsOf2xSql}. */
export interface SessionOf2x {
  readonly pid: number;
  readonly role: string | null;
  readonly address: string | null;
  /** `null`: the asking role may not see it. */
  readonly state: string | null;
  readonly query: string | null;
}

/** Says what is seen of a session: `user app, server process 4711, from 10.0.0.7: ALTER TABLE t…`. Pure. */
export function sessionText({ pid, role, address, state, query }: SessionOf2x): string {
  const seen = [role && `user ${role}`, `server process ${pid}`, address && `from ${address}`];
  const text = state === null ? "" : (query ?? "").replace(/\s+/g, " ").trim();
  const shown = text.length > queryLength ? `${text.slice(0, queryLength)}…` : text;
  return `${seen.filter(Boolean).join(", ")}${shown === "" ? "" : `: ${shown}`}`;
}

/** How much of a statement is told. */
const queryLength = 60;
