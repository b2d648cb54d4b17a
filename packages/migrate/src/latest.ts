import type { VersionPlaces } from "@pg-mig/model";
import { latestVersions } from "@pg-mig/planner";
import { type OpenNode, openCluster, placeOf } from "@pg-mig/sessions";
import { listVersions } from "./directory-actions.js";
import type { ClusterOptions } from "./run-options.js";
import { validShards } from "./valid-shards.js";

/**
 * Which version is the latest on which shards: those that can be undone. From the last name to the
 * first. Changes nothing.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`
 */
export async function latest(options: ClusterOptions): Promise<readonly VersionPlaces[]> {
  const signal = options.signal ?? new AbortController().signal;
  const onNote = () => {};
  const valid = validShards(options, await listVersions(options.migrationDirectory));
  const cluster = await openCluster({
    ...options,
    action: "latest",
    validShards: valid,
    signal,
    onNote,
  });
  try {
    return latestOn(cluster.nodes);
  } finally {
    await cluster.close();
  }
}

/** The same, of nodes that were read. */
export function latestOn(nodes: readonly OpenNode[]): readonly VersionPlaces[] {
  const shards = nodes.flatMap((open) => open.shards);
  return latestVersions(shards).map(({ version, shards: latest }) => ({
    version,
    shards: latest.map(placeOf),
  }));
}
