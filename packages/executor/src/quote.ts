/** Quotes a name for SQL text: always in double quotes, so that any name is safe. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a value for SQL text, whatever `standard_conforming_strings` is. */
export function quoteLiteral(value: string): string {
  return ` E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
