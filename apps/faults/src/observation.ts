import type { TestDatabase } from "@pg-mig/testkit";

/** One line of a shard's table `applied`: a version ran there, up (1) or down (-1). */
export interface AppliedRow {
  readonly version: string;
  readonly delta: number;
  /** When its first statement began, and when it was committed: microseconds of the server's clock. */
  readonly beganUs: number;
  readonly committedUs: number;
}

export interface ShardState {
  readonly shard: string;
  /** What calling `mig_versions_const()` gives; `undefined`: there is none, or it is no list. */
  readonly ledger: readonly string[] | undefined;
  /** Changes with every write of the ledger. */
  readonly ledgerStamp: string | undefined;
  readonly applied: readonly AppliedRow[];
  /** Its tables and valid indexes, by name. */
  readonly objects: readonly string[];
  readonly invalidIndexes: readonly string[];
}

/** A database of a scene, and what is going on in it. */
export interface NodeState {
  /** How events name it. */
  readonly label: string;
  readonly shards: readonly ShardState[];
  /** The tool's connections, and other clients that are not the suite's. */
  readonly backends: readonly { readonly pid: number; readonly state: string }[];
  readonly advisoryLocks: number;
  /** When before.sql and after.sql began, each time that they ran. */
  readonly hookRuns: readonly { readonly file: string; readonly beganUs: number }[];
  /** What the tool remembers for the whole node. */
  readonly digestStamp: string;
}

const catalogSql = `
  SELECT n.nspname AS shard,
    (SELECT p.oid || ':' || p.xmin FROM pg_proc p
      WHERE p.pronamespace = n.oid AND p.proname = 'mig_versions_const' AND p.pronargs = 0) AS stamp,
    to_regclass(quote_ident(n.nspname) || '.applied') IS NOT NULL AS has_applied,
    ARRAY(SELECT c.relname::text FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
      WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'i')
        AND i.indisvalid IS NOT FALSE) AS objects,
    ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
      WHERE c.relnamespace = n.oid AND NOT (i.indisvalid AND i.indisready)) AS invalid
  FROM pg_namespace n WHERE n.nspname LIKE 'sh%' ORDER BY 1`;

const activitySql = `
  SELECT
    coalesce((SELECT json_agg(json_build_object('pid', pid, 'state', coalesce(state, '')))
      FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
        AND application_name <> 'testkit'), '[]') AS backends,
    (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locks,
    coalesce((SELECT string_agg(proname || ':' || xmin, ',' ORDER BY proname) FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace), '') AS digest`;

interface CatalogRow {
  readonly shard: string;
  readonly stamp: string | null;
  readonly has_applied: boolean;
  readonly objects: readonly string[];
  readonly invalid: readonly string[];
}

interface ActivityRow {
  readonly backends: NodeState["backends"];
  readonly locks: number;
  readonly digest: string;
}

/** Reads a database, over a connection of its own that never goes through a proxy. */
export async function observe(database: TestDatabase, label: string): Promise<NodeState> {
  const client = await database.connect();
  try {
    const { rows: activity } = await client.query<ActivityRow>(activitySql);
    const { rows: shards } = await client.query<CatalogRow>(catalogSql);
    const states: ShardState[] = [];
    for (const { shard, stamp, has_applied, objects, invalid } of shards) {
      const name = client.escapeIdentifier(shard);
      const ledger =
        stamp === null
          ? undefined
          : await client
              .query<{ list: string }>(`SELECT ${name}.mig_versions_const()::text AS list`)
              .then(({ rows }) => parseList(rows[0]?.list))
              .catch(() => undefined);
      const { rows: applied } = has_applied
        ? await client.query<AppliedRow>(
            `SELECT version, delta, (extract(epoch FROM began) * 1000000)::float8 AS "beganUs",
              (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::float8 AS "committedUs"
            FROM ${name}.applied ORDER BY began`,
          )
        : { rows: [] };
      states.push({
        shard,
        ledger,
        ledgerStamp: stamp ?? undefined,
        applied,
        objects,
        invalidIndexes: invalid,
      });
    }
    const { rows: hookRuns } = await client.query<NodeState["hookRuns"][number]>(
      `SELECT file, (extract(epoch FROM began) * 1000000)::float8 AS "beganUs"
       FROM public.hook_run ORDER BY began`,
    );
    const [now] = activity;
    return {
      label,
      shards: states,
      backends: now?.backends ?? [],
      advisoryLocks: now?.locks ?? 0,
      hookRuns,
      digestStamp: now?.digest ?? "",
    };
  } finally {
    await client.end();
  }
}

function parseList(text: string | undefined): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text ?? "");
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}
