/** PostgreSQL cuts longer names off, in bytes. */
const longestName = 63;

/**
 * Names a schema that versions of a prefix are for; `undefined`: there can be none, since PostgreSQL keeps names with
 * `pg_` for itself, and has none that are so long. Pure.
 */
export function scratchSchema(prefix: string): string | undefined {
  const fits = (name: string) => Buffer.byteLength(name) <= longestName;
  if (prefix.startsWith("pg_") || !fits(prefix)) {
    return undefined;
  }
  const numbered = `${prefix}0001`;
  return prefix !== "public" && fits(numbered) ? numbered : prefix;
}
