import type { TestDatabase, TestNode } from "@pg-mig/testkit";

/** Schemas in which others than the tool's user may create objects. */
export interface HostileSchemas {
  readonly database: TestDatabase;
  readonly schemas: readonly string[];
}

/** Types that the tool's own statements may meet, in groups whose members are compared with each other. */
const typeGroups = [
  ["oid", "int4", "int8", "regclass", "regnamespace", "regproc", "xid", '"char"'],
  ["text", "name", "varchar", "bpchar", "regclass", "regnamespace", '"char"'],
  ["numeric", "int2", "int4", "int8", "float8"],
  ["interval", "timestamptz", "timestamp", "date", "int4", "int8", "float8", "numeric"],
  ["oidvector", "text"],
  ["_name", "_text", "name", "text"],
  ["inet", "text"],
  ["bool"],
  ["bytea"],
] as const;

/** Functions of pg_catalog that some statement of the tool calls, or may come to call. */
const calledFunctions = [
  "acldefault",
  "array_length",
  "btrim",
  "cardinality",
  "chr",
  "clock_timestamp",
  "concat",
  "convert_to",
  "current_database",
  "current_schema",
  "current_schemas",
  "current_setting",
  "date_part",
  "digest",
  "encode",
  "extract",
  "format",
  "format_type",
  "getdatabaseencoding",
  "has_schema_privilege",
  "length",
  "lower",
  "md5",
  "now",
  "pg_advisory_unlock",
  "pg_advisory_unlock_all",
  "pg_backend_pid",
  "pg_blocking_pids",
  "pg_control_system",
  "pg_current_wal_lsn",
  "pg_encoding_to_char",
  "pg_get_constraintdef",
  "pg_get_expr",
  "pg_get_function_arguments",
  "pg_get_function_identity_arguments",
  "pg_get_function_result",
  "pg_get_function_sqlbody",
  "pg_get_functiondef",
  "pg_get_indexdef",
  "pg_get_partkeydef",
  "pg_get_ruledef",
  "pg_get_statisticsobjdef",
  "pg_get_triggerdef",
  "pg_get_viewdef",
  "pg_is_in_recovery",
  "pg_postmaster_start_time",
  "pg_relation_size",
  "pg_stat_get_activity",
  "pg_terminate_backend",
  "pg_try_advisory_lock",
  "pg_try_advisory_xact_lock",
  "pg_walfile_name",
  "quote_ident",
  "quote_literal",
  "regexp_replace",
  "replace",
  "row_to_json",
  "rtrim",
  "set_config",
  "sha256",
  "strpos",
  "substr",
  "to_json",
  "to_regclass",
  "to_regnamespace",
  "to_regproc",
  "txid_current",
  "unnest",
  "upper",
  "version",
];

/** Types that a statement may name without their schema. */
const namedTypes = [
  "text",
  "name",
  "oid",
  "oidvector",
  "regclass",
  "regnamespace",
  "bytea",
  "json",
];

/** Relations likewise. */
const namedRelations = [
  "pg_class",
  "pg_index",
  "pg_locks",
  "pg_namespace",
  "pg_proc",
  "pg_settings",
  "pg_stat_activity",
];

/**
 * Plants objects that win over those of pg_catalog where a statement finds names by the search path:
 * an operator for every name that pg_catalog has one of, on its own types and on pairs of common ones;
 * functions, types, relations. They do what those of pg_catalog do, and each call of one is written
 * to the server's log, which no rollback takes back.
 */
export async function plantHostileObjects({ database, schemas }: HostileSchemas): Promise<void> {
  await database.query("CREATE SCHEMA debug_hostile");
  await database.query(`CREATE FUNCTION debug_hostile.told(what pg_catalog.text) RETURNS pg_catalog.bool
    LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hostile call in %: %', pg_catalog.current_database(), what; RETURN true; END $$`);
  await database.query(doOperators(schemas));
  await database.query(doFunctions(schemas));
  for (const schema of schemas) {
    for (const type of namedTypes) {
      await database.query(`CREATE DOMAIN ${schema}.${type} AS pg_catalog.${type}
        CHECK (debug_hostile.told('type ${schema}.${type}'))`);
    }
    for (const relation of namedRelations) {
      await database.query(`CREATE VIEW ${schema}.${relation} AS SELECT * FROM pg_catalog.${relation}
        WHERE debug_hostile.told('relation ${schema}.${relation}')`);
    }
  }
}

/** Lets the search path of a database, and of its user there, begin with schemas of others. */
export async function findHostileObjectsFirst({
  database,
  schemas,
}: HostileSchemas): Promise<void> {
  const path = `${schemas.join(", ")}, pg_catalog`;
  await database.query(`ALTER DATABASE ${database.name} SET search_path TO ${path}`);
  await database.query(
    `ALTER ROLE ${database.user} IN DATABASE ${database.name} SET search_path TO ${path}`,
  );
}

/** The calls of planted objects in a database that its server has logged, and how many of each. */
export async function hostileCalls(
  node: TestNode,
  { name }: TestDatabase,
): Promise<Readonly<Record<string, number>>> {
  const calls: Record<string, number> = {};
  for (const [, where, what = ""] of (await node.log()).matchAll(/hostile call in (.*?): (.*)/g)) {
    if (where === name) {
      calls[what] = (calls[what] ?? 0) + 1;
    }
  }
  return calls;
}

/**
 * One function for an operator in all schemas; it calls the operator of pg_catalog. These are forty thousand objects,
 * and to make each with a statement takes ten times as long as to write their rows, which is done here: as those of one
 * function and one operator that statements make.
 */
const doOperators = (schemas: readonly string[]) => `DO $do$
BEGIN
  SET LOCAL search_path TO pg_catalog;
  SET LOCAL allow_system_table_mods TO on;
  CREATE TEMP TABLE planted ON COMMIT DROP AS
    WITH common(l, r) AS (
      ${typeGroups.map((types) => `SELECT l::regtype, r::regtype FROM unnest(${literals(types)}) l, unnest(${literals(types)}) r`).join("\n      UNION ")}
    ), names AS (
      SELECT DISTINCT oprname, EXISTS (SELECT FROM pg_operator p
        WHERE p.oprname = b.oprname AND oprresult = 'bool'::regtype) AS is_test
      FROM pg_operator b WHERE oprkind = 'b'
    ), operators AS (
      SELECT oprname AS name, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result
      FROM pg_operator
      WHERE oprnamespace = 'pg_catalog'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid IN (oprleft, oprright, oprresult) AND t.typtype = 'p')
      UNION ALL
      SELECT oprname, l, r, CASE WHEN is_test THEN 'bool'::regtype ELSE l END
      FROM names, common
      WHERE oprname <> '=>' AND NOT EXISTS (SELECT FROM pg_operator p
        WHERE p.oprname = names.oprname AND oprleft = l AND oprright = r)
    )
    SELECT *, l = 0::oid::regtype AS is_prefix, row_number() OVER () AS n,
      pg_nextoid('pg_proc', 'oid', 'pg_proc_oid_index') AS function
    FROM operators;
  CREATE FUNCTION debug_hostile.example(xid, xid) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
  CREATE OPERATOR debug_hostile.<-> (FUNCTION = debug_hostile.example, LEFTARG = xid, RIGHTARG = xid);
  INSERT INTO pg_proc SELECT made.*
    FROM planted, pg_proc example, LATERAL jsonb_populate_record(example, jsonb_build_object('oid', function,
      'proname', 'op' || n, 'prorettype', result::oid, 'pronargs', CASE WHEN is_prefix THEN 1 ELSE 2 END,
      'proargtypes', concat_ws(' ', CASE WHEN NOT is_prefix THEN l::oid END, r::oid),
      'prosrc', CASE WHEN is_prefix
        THEN format(' BEGIN PERFORM debug_hostile.told(%L); RETURN OPERATOR(pg_catalog.%s) $1; END ',
          format('operator %s(%s)', name, r), name)
        ELSE format(' BEGIN PERFORM debug_hostile.told(%L); RETURN $1 OPERATOR(pg_catalog.%s) $2; END ',
          format('operator %s(%s,%s)', name, l, r), name) END)) made
    WHERE example.oid = 'debug_hostile.example'::regproc;
  INSERT INTO pg_operator SELECT made.*
    FROM planted, unnest(${literals(schemas)}) schema, pg_operator example,
      LATERAL jsonb_populate_record(example, jsonb_build_object(
        'oid', pg_nextoid('pg_operator', 'oid', 'pg_operator_oid_index'), 'oprname', name,
        'oprnamespace', schema::regnamespace::oid, 'oprkind', CASE WHEN is_prefix THEN 'l' ELSE 'b' END,
        'oprleft', l::oid, 'oprright', r::oid, 'oprresult', result::oid, 'oprcode', function)) made
    WHERE example.oprcode = 'debug_hostile.example'::regproc;
  DROP FUNCTION debug_hostile.example CASCADE;
END $do$`;

const doFunctions = (schemas: readonly string[]) => `DO $do$
DECLARE f record; s text;
BEGIN
  SET LOCAL search_path TO pg_catalog;
  FOR f IN
    SELECT p.proname, p.oid::regprocedure AS id, pg_get_function_identity_arguments(p.oid) AS arguments,
      pg_get_function_result(p.oid) AS result, proretset, pronargs
    FROM pg_proc p
    WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND provariadic = 0
      AND proname IN (SELECT unnest(${literals(calledFunctions)})) AND proallargtypes IS NULL
      AND NOT ('internal'::regtype = ANY (proargtypes::oid[]))
  LOOP
    FOREACH s IN ARRAY ${literals(schemas)} LOOP
      EXECUTE format($f$CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS
        $b$ BEGIN PERFORM debug_hostile.told(%L); %s END $b$ $f$,
        s, f.proname, f.arguments, f.result, format('function %s', f.id),
        CASE WHEN f.proretset OR f.result = 'void' THEN 'RETURN;' ELSE format('RETURN pg_catalog.%I(%s);', f.proname,
          (SELECT string_agg(format('$%s', i), ', ') FROM generate_series(1, f.pronargs) i)) END);
    END LOOP;
  END LOOP;
END $do$`;

function literals(names: readonly string[]): string {
  return `ARRAY[${names.map((name) => `'${name}'`).join(", ")}]`;
}
