/** Quotes a name for SQL text: always in double quotes, so that case, blanks and `$` survive. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes a value for SQL text. A value with a backslash becomes an `E''` literal, which means the
 * same whatever `standard_conforming_strings` is.
 */
export function quoteLiteral(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return doubled.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}
