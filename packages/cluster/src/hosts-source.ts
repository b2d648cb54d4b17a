import type { DiscoverySource } from "./discovery-source.js";
import { parseHosts } from "./parse-hosts.js";

/**
 * The source for a cluster whose nodes are known: a list, or several, as {@link parseHosts} reads
 * them.
 *
 * @throws PgMigError `HOSTS_INVALID`, at once and not when the source is asked.
 */
export function hosts(list: string | readonly string[]): DiscoverySource {
  const specs = [list].flat().flatMap(parseHosts);
  return { name: "hosts", discover: async () => specs };
}
