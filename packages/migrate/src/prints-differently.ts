/**
 * Why shards cannot be compared with what the files make: servers of one family print definitions differently
 * from those of the other. Both as `serverFamily` has them.
 */
export function printsDifferently(family: string, scratchFamily: string): string {
  return `PostgreSQL ${family} prints definitions differently from the scratch server, which is of ${scratchFamily}; for such shards, let the setting \`scratch\` name a server of ${family}`;
}
