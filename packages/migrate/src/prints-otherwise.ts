/**
 * Why shards cannot be compared with what the files make: servers of one family print definitions otherwise
 * than those of the other. Both as `serverFamily` has them.
 */
export function printsOtherwise(family: string, scratchFamily: string): string {
  return `PostgreSQL ${family} prints definitions otherwise than the scratch server, which is of ${scratchFamily}; for such shards, let the setting \`scratch\` name a server of ${family}`;
}
