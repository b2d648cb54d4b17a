/** Quotes a name for SQL text: always in double quotes, so that case, blanks and `$` survive. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
