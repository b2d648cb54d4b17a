import { comparePlaces, type Place } from "@pg-mig/model";
import { placeOf } from "@pg-mig/sessions";
import { listVersions } from "./directory-actions.js";
import { readCluster } from "./read-cluster.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { takesVersions } from "./takes-versions.js";

/** Shards whose ledgers hold the same versions. Plain data: it survives JSON. */
export interface AppliedVersions {
  /** Oldest first; none: nothing is applied there. */
  readonly versions: readonly string[];
  /** In the order of nodes and shards. */
  readonly shards: readonly Place[];
}

/**
 * Reads which versions every shard has, those that have the same together: from the most versions to the
 * fewest, then by their names. Shards are the schemas that have a ledger or get versions of the
 * directory. Changes nothing, one query per node.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`, `NO_PRIMARY`, `LEDGER_UNREADABLE`, `VALID_SHARDS_FAILED`
 */
export async function appliedVersions(
  options: ClusterOptions & NoteOptions,
): Promise<readonly AppliedVersions[]> {
  const versions = await listVersions(options.migrationDirectory);
  return readCluster(options, "list", versions, ({ nodes }) => {
    const groups = new Map<string, { versions: readonly string[]; shards: Place[] }>();
    for (const shard of nodes.flatMap(({ shards }) => shards).filter(takesVersions(versions))) {
      const key = shard.versions.join("\n");
      const group = groups.get(key) ?? { versions: shard.versions, shards: [] };
      groups.set(key, group);
      group.shards.push(placeOf(shard));
    }
    return [...groups]
      .sort(
        ([a, { versions: ofA }], [b, { versions: ofB }]) =>
          ofB.length - ofA.length || (a < b ? -1 : 1),
      )
      .map(([, group]) => ({ ...group, shards: group.shards.sort(comparePlaces) }));
  });
}
