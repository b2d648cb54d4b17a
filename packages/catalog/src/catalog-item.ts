/** A query for one kind of object, in pieces: each is an SQL expression that gives text. */
export interface ItemQuery {
  /** The schema, by its oid. */
  readonly schema: string;
  /** The catalog that the object is in. Comments and labels are found with this, `object` and `part`. */
  readonly catalog: string;
  /** The object, by its oid. */
  readonly object: string;
  /** The column, by its number; -1: a further fact about an object that has its comment elsewhere. */
  readonly part?: string;
  /** The name of the table or view that it is a part of, which comes and goes with it. */
  readonly parent?: string;
  readonly kind: string;
  /** The name within the schema. It never holds the name of a schema. */
  readonly path: string;
  /** The rest of the name, which may hold qualified names. */
  readonly signature?: string;
  /** What PostgreSQL makes of it: names of the schema in it are qualified. */
  readonly definition?: string;
  /** What somebody wrote: the schema may be named anywhere. */
  readonly written?: string;
  /** Settings, in which the schema may be named anywhere, and is meant if it is. */
  readonly settings?: string;
  /** Names that the whole database or server has once, so that a shard's may hold the shard's. */
  readonly shared?: string;
  /** What may be a secret: it counts, and is never shown. */
  readonly hidden?: string;
  /** The query from its FROM on. */
  readonly from: string;
}

/** The columns of {@link itemSql}, in order. */
export const itemColumns =
  "schema_id, catalog, object, part, parent, kind, path, signature, definition, written, settings, shared, hidden";

export function itemSql(query: ItemQuery): string {
  const { schema, catalog, object, part = "0", parent = "NULL", kind, path, from } = query;
  const { signature, definition, written, settings, shared, hidden } = query;
  const texts = [path, signature, definition, written, settings, shared, hidden].map(
    (expression) => `(${expression ?? "NULL"})::pg_catalog.text`,
  );
  return `SELECT ${schema}, ${catalogId(catalog)}, ${object}, ${part}::pg_catalog.int4, (${parent})::pg_catalog.text, ${kind}, ${texts.join(", ")}\nFROM ${from}`;
}

/** The oid of one of PostgreSQL's own catalogs. */
export function catalogId(catalog: string): string {
  return `'pg_catalog.${catalog}'::pg_catalog.regclass::pg_catalog.oid`;
}

/** Joins words that may be NULL by blanks. */
export function words(...expressions: readonly string[]): string {
  return `pg_catalog.concat_ws(' ', ${expressions.join(", ")})`;
}

/** A word for each value of a column of type "char"; NULL for the others. */
export function choice(column: string, values: Readonly<Record<string, string>>): string {
  const cases = Object.entries(values).map(([value, word]) => `WHEN '${value}' THEN '${word}'`);
  return `CASE ${column} ${cases.join(" ")} END`;
}

/** The elements of an array of text, in order of their bytes. Most arrays are NULL: no subquery runs for them. */
export function sorted(array: string): string {
  return `CASE WHEN ${array} IS NOT NULL THEN (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(${array}) AS o) END`;
}

/** A function with the types of its arguments; NULL for none. */
export function routine(column: string): string {
  return `CASE WHEN ${column} <> 0 THEN ${column}::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text END`;
}
