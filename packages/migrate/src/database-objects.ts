import { ownPathSql } from "@pg-mig/model";
import { lastAnswer, type SessionClient } from "@pg-mig/sessions";

/** Something that a file can make, as it was at some time. */
export interface DatabaseObject {
  /** By it an object is known again. */
  readonly key: string;
  /** Of what is in no schema, such as a role: what it is, and its name. */
  readonly schema: string;
  /** Empty for a schema itself, and for what is in none. */
  readonly name: string;
  /** The file that holds its rows; 0: it has none. */
  readonly fileNode: number;
}

/** By key. */
export type DatabaseObjects = ReadonlyMap<string, DatabaseObject>;

const isUsers = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/** What comes with an extension is told by the name of the extension. */
const isNoMember = (catalog: string, row: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e' AND e.classid = '${catalog}'::regclass AND e.objid = ${row}.oid)`;

/** Other kinds that are in a schema: catalog, and how its columns begin. */
const inSchemas = [
  ["pg_operator", "opr"],
  ["pg_collation", "coll"],
  ["pg_conversion", "con"],
  ["pg_opclass", "opc"],
  ["pg_opfamily", "opf"],
  ["pg_statistic_ext", "stx"],
  ["pg_ts_config", "cfg"],
  ["pg_ts_dict", "dict"],
  ["pg_ts_parser", "prs"],
  ["pg_ts_template", "tmpl"],
] as const;

/** Kinds that are in no schema: what they are called, catalog, and the name as an expression. */
const inNoSchema = [
  ["role", "pg_roles", "o.rolname"],
  ["extension", "pg_extension", "o.extname"],
  ["language", "pg_language", "o.lanname"],
  ["event trigger", "pg_event_trigger", "o.evtname"],
  ["publication", "pg_publication", "o.pubname"],
  ["foreign-data wrapper", "pg_foreign_data_wrapper", "o.fdwname"],
  ["server", "pg_foreign_server", "o.srvname"],
  ["cast", "pg_cast", "format('(%s AS %s)', o.castsource::regtype, o.casttarget::regtype)"],
] as const;

/**
 * An index is known by its name: a change of the type of its column replaces it. A table's own types come
 * and go with it.
 */
const objectsSql = `SELECT CASE WHEN c.relkind IN ('i', 'I') THEN concat('i', n.oid, ' ', c.relname) ELSE 'r' || c.oid END AS key, n.nspname AS schema, c.relname AS name,
  CASE WHEN c.relkind IN ('r', 'i', 'm') THEN c.relfilenode::int8 ELSE 0 END::text AS "fileNode"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${isUsers} AND c.relkind <> 'c' AND ${isNoMember("pg_class", "c")}
UNION ALL SELECT 'p' || p.oid, n.nspname, p.proname, '0'
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${isUsers} AND ${isNoMember("pg_proc", "p")}
UNION ALL SELECT 't' || t.oid, n.nspname, t.typname, '0'
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE ${isUsers} AND t.typelem = 0 AND (c.relkind IS NULL OR c.relkind = 'c') AND ${isNoMember("pg_type", "t")}
${inSchemas
  .map(
    ([catalog, start]) =>
      `UNION ALL SELECT '${catalog} ' || o.oid, n.nspname, o.${start}name, '0'
  FROM ${catalog} o JOIN pg_namespace n ON n.oid = o.${start}namespace WHERE ${isUsers} AND ${isNoMember(catalog, "o")}`,
  )
  .join("\n")}
${inNoSchema
  .map(
    ([kind, catalog, name]) =>
      `UNION ALL SELECT '${catalog} ' || o.oid, '${kind} ' || ${name}, '', '0' FROM ${catalog} o WHERE ${isNoMember(catalog, "o")}`,
  )
  .join("\n")}
UNION ALL SELECT 'n' || n.oid, n.nspname, '', '0' FROM pg_namespace n WHERE ${isUsers} AND ${isNoMember("pg_namespace", "n")}`;

/** Reads all objects of users that the session sees. */
export async function readObjects(client: Pick<SessionClient, "query">): Promise<DatabaseObjects> {
  const { rows } = lastAnswer(await client.query(`${ownPathSql};\n${objectsSql}`));
  return new Map(
    (rows as readonly Record<string, string>[]).map(
      ({ key = "", schema = "", name = "", fileNode }) => [
        key,
        { key, schema, name, fileNode: Number(fileNode) },
      ],
    ),
  );
}

/** What was there before, and has its rows in another file now: it was written anew. Pure. */
export function rewrittenObjects(
  before: DatabaseObjects,
  after: DatabaseObjects,
): DatabaseObject[] {
  return [...before.values()].filter(({ key, fileNode }) => {
    const now = after.get(key)?.fileNode ?? 0;
    return fileNode !== 0 && now !== 0 && now !== fileNode;
  });
}

/** What came into being outside of a schema. Pure. */
export function createdOutside(
  shard: string,
  before: DatabaseObjects,
  after: DatabaseObjects,
): DatabaseObject[] {
  return [...after.values()].filter(({ key, schema }) => schema !== shard && !before.has(key));
}

/** The name of an object, with its schema if that is not the shard. */
export function objectName(
  { schema, name }: Pick<DatabaseObject, "schema" | "name">,
  shard: string,
): string {
  return name === "" ? schema : schema === shard ? name : `${schema}.${name}`;
}
