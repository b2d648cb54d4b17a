/** Quotes a name for SQL text: always in double quotes, so that case, blanks and `$` survive. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes a value for SQL text, as libpq does: with a backslash it becomes an `E''` literal with a blank
 * before it, which means the same whatever `standard_conforming_strings` is.
 */
export function quoteLiteral(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return value.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

/**
 * The operator `=` of PostgreSQL itself. A bare `=` is looked up along the search path, and one that
 * somebody else has created there for the very types of its operands wins: it would run with the
 * rights of whoever migrates. So every operator, function and type in the tool's own statements is
 * written with its schema. That forbids what finds its operator by the path: `IN`, `LIKE`, `BETWEEN`,
 * `IS DISTINCT FROM`, `NULLIF`, `CASE x WHEN`, comparisons of rows.
 */
export const equals = "OPERATOR(pg_catalog.=)";

/**
 * Where the tool's own statements look for names: in PostgreSQL's own schema. Temporary objects, which
 * otherwise come first, come last.
 */
export const ownPath = "pg_catalog, pg_temp";

/** Sets {@link ownPath} for a transaction, or for the rest of a message with several statements. */
export const ownPathSql = `SET LOCAL search_path TO ${ownPath}`;
