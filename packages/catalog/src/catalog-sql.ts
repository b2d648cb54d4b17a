import { defaults, ownPath, quoteLiteral } from "@pg-mig/model";
import { catalogId, itemColumns, itemSql, words } from "./catalog-item.js";
import { looseNameMark, ownNameMark } from "./own-name.js";
import { relationItems, relationItemsFrom15 } from "./relation-items.js";
import { routineItems } from "./routine-items.js";
import { accessItems, schemaItems } from "./schema-items.js";
import { shapePrefix } from "./shape.js";
import { typeItems } from "./type-items.js";

export interface CatalogSqlOptions {
  /** The major version of the server, such as 18. */
  readonly major: number;
  /**
   * `hashes`: a row for each schema, which tells whether two are alike; `items`: a row for each item, which
   * tells what differs.
   *
   * @default "items"
   */
  readonly rows?: "hashes" | "items" | undefined;
  /** Whether owners and privileges count. @default "no" */
  readonly access?: "yes" | "no" | undefined;
  /** For how long to wait for a table that somebody changes, in milliseconds. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * What changes how PostgreSQL prints a definition, and what a session may have set otherwise. Each holds
 * for the one message.
 */
const settings: Readonly<Record<string, string>> = {
  DateStyle: "'ISO, YMD'",
  IntervalStyle: "'postgres'",
  TimeZone: "'UTC'",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  standard_conforming_strings: "on",
  bytea_output: "'hex'",
  xmlbinary: "'base64'",
  lc_monetary: "'C'",
  jit: "off",
  // What belongs to some schemas is found by indexes alone: the catalogs of thousands are never scanned.
  enable_seqscan: "off",
  random_page_cost: "1",
  max_parallel_workers_per_gather: "0",
};

/**
 * Renders the message that reads the shapes of schemas: settings, then one query, whose rows
 * `parseItems` or `parseHashes` reads. It changes nothing, needs no right on the schemas, resolves no
 * name in them, and leaves nothing in the session. A schema that is not there has no row.
 *
 * PostgreSQL locks the tables under views until the message ends, and keeps what it has read of the
 * catalogs as long as the session lives, some 0.4 MB for twenty tables: ask for a hundred schemas at a
 * time, and not in a transaction.
 */
export function catalogSql(schemas: readonly string[], options: CatalogSqlOptions): string {
  const { major, rows = "items", access = "no", lockTimeoutMs = defaults.lockTimeoutMs } = options;
  const queries = [
    ...schemaItems,
    ...relationItems,
    ...(major >= 15 ? relationItemsFrom15 : []),
    ...routineItems,
    ...typeItems,
    ...(access === "yes" ? accessItems : []),
  ];
  return [
    `SET LOCAL search_path TO ${ownPath}`,
    ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} TO ${value}`),
    `SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
    `WITH ${withParts(schemas, queries.map(itemSql))}\n${
      rows === "items" ? itemRows : hashRows(shapePrefix({ major, access }))
    }`,
  ].join(";\n");
}

/** Escapes what has a meaning in a regular expression. */
const escaped = (text: string) =>
  `pg_catalog.regexp_replace(${text},${quoteLiteral(String.raw`([][!-/:-@\\^{-~ ${"`"}])`)},${quoteLiteral(String.raw`\\\1`)}, 'g')`;

/** The characters that may precede or follow a name as a part of a longer one. */
const letters = String.raw`[:alnum:]\u0080-\uFFFF`;

/** Puts a mark in place of the schema's own name; most texts that do not hold it are not searched. */
const marked = (text: string, pattern: "qualifier" | "word" | "part", mark: string) =>
  `CASE WHEN pg_catalog.strpos(${text}, n.probe) > 0 THEN pg_catalog.regexp_replace(${text} COLLATE "C", n.${pattern}, '${mark}', 'g') ELSE ${text} END`;

/**
 * NOT IN hashes the members of extensions, and each item is looked up; for NOT EXISTS, a planner that expects few
 * members compares each item with each of them. OFFSET 0: there is one hash, not one for each kind of item.
 */
function withParts(schemas: readonly string[], queries: readonly string[]): string {
  const names = schemas.map((name) => `"${name.replaceAll(/["\\]/g, "\\$&")}"`);
  return `ns AS MATERIALIZED (
SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n
WHERE n.nspname = ANY (${quoteLiteral(`{${names.join(",")}}`)}::pg_catalog.name[])
), member AS MATERIALIZED (
SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
WHERE d.refclassid = ${catalogId("pg_extension")} AND d.deptype = 'e'
), owned AS MATERIALIZED (
SELECT d.classid AS catalog, d.objid AS id FROM ns JOIN pg_catalog.pg_depend d ON d.refobjid = ns.oid AND d.refobjsubid = 0
WHERE d.refclassid = ${catalogId("pg_namespace")}
), rel AS MATERIALIZED (
SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relam, c.reltablespace, c.reloftype, c.relispartition,
  c.relpartbound, c.reloptions, c.reltoastrelid, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispopulated
FROM (
  SELECT owned.id FROM owned WHERE owned.catalog = ${catalogId("pg_class")}
  UNION ALL SELECT t.typrelid FROM owned JOIN pg_catalog.pg_type t ON t.oid = owned.id
  WHERE owned.catalog = ${catalogId("pg_type")} AND t.typtype = 'c'
) AS o JOIN pg_catalog.pg_class c ON c.oid = o.id
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  AND NOT (c.relname = 'mig_journal' AND c.relnamespace IN (SELECT ns.oid FROM ns WHERE ns.nspname = 'public'))
  AND c.oid NOT IN (SELECT member.objid FROM member WHERE member.classid = ${catalogId("pg_class")})
), object (${itemColumns}) AS (
${queries.join("\nUNION ALL\n")}
), own AS MATERIALIZED (
SELECT * FROM (SELECT * FROM object OFFSET 0) AS o WHERE (o.catalog, o.object) NOT IN (SELECT member.classid, member.objid FROM member)
), described AS (
SELECT schema_id, parent, kind, path, signature, definition, written, settings, shared, hidden FROM own
UNION ALL SELECT o.schema_id, coalesce(o.parent, o.path), 'comment', pg_catalog.rtrim(o.kind || ' ' || o.path), o.signature, NULL, d.description, NULL, NULL, NULL
FROM own o JOIN pg_catalog.pg_description d ON d.classoid = o.catalog AND d.objoid = o.object AND d.objsubid = o.part
UNION ALL SELECT o.schema_id, coalesce(o.parent, o.path), 'security label', pg_catalog.rtrim(o.kind || ' ' || o.path), o.signature, NULL, d.provider || ' ' || d.label, NULL, NULL, NULL
FROM own o JOIN pg_catalog.pg_seclabel d ON d.classoid = o.catalog AND d.objoid = o.object AND d.objsubid = o.part
), name AS MATERIALIZED (
SELECT n.oid, n.nspname::pg_catalog.text AS name,
  CASE WHEN n.nspname ~ '["'']' THEN '' ELSE n.nspname END AS probe,
  ${quoteLiteral(`(?<![${letters}_$."])(?:`)} || n.quoted || '|' || pg_catalog.replace(n.quoted, '''', '''''') || '|' || n.plain || ')(?=[.])' AS qualifier,
  ${quoteLiteral(`(?<![${letters}_$])(?:`)} || n.quoted || '|' || n.plain || ${quoteLiteral(`)(?![${letters}_$])`)} AS word,
  ${quoteLiteral(`(?<![${letters}])`)} || n.plain || ${quoteLiteral(`(?![${letters}])`)} AS part
FROM (SELECT ns.oid, ns.nspname, ${escaped("ns.nspname::pg_catalog.text")} AS plain,
  ${escaped(`'"' || pg_catalog.replace(ns.nspname::pg_catalog.text, '"', '""') || '"'`)} AS quoted FROM ns) AS n
), item AS (
SELECT n.name AS schema, o.parent, o.kind,
  o.path || ${`coalesce(${marked("o.signature", "qualifier", ownNameMark)}, '')`} AS path,
  ${words(
    marked("o.definition", "qualifier", looseNameMark),
    marked("o.written", "word", looseNameMark),
    marked("o.settings", "word", ownNameMark),
    marked("o.shared", "part", ownNameMark),
  )} AS definition,
  pg_catalog.encode(pg_catalog.sha256(${bytes(marked("o.hidden", "word", ownNameMark))}), 'hex') AS hidden
FROM name n JOIN (SELECT * FROM described ORDER BY schema_id) AS o ON o.schema_id = n.oid
)`;
}

/** The bytes of a text, the same for every encoding of the database that has letters of its own. */
function bytes(text: string): string {
  return `pg_catalog.convert_to(${text}, CASE pg_catalog.getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)`;
}

const itemRows = "SELECT schema, parent, kind, path, definition, hidden FROM item";

/**
 * The order of an item's hash does not depend on the server's collations. OFFSET 0: the hashes are sorted,
 * not the texts that they are of.
 */
function hashRows(prefix: string): string {
  const text =
    "pg_catalog.concat_ws('\u0003', i.kind, i.path, i.definition, coalesce(i.hidden, ''))";
  return `SELECT h.schema, pg_catalog.count(*)::pg_catalog.int4 AS items,
  '${prefix}' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(h.hash, '' ORDER BY h.hash COLLATE "C"), 'UTF8')), 'hex') AS hash
FROM (SELECT i.schema, pg_catalog.encode(pg_catalog.sha256(${bytes(text)}), 'hex') AS hash FROM item i OFFSET 0) AS h GROUP BY h.schema`;
}
