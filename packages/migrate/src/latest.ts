import type { VersionPlaces } from "@pg-mig/model";
import { latestVersions } from "@pg-mig/planner";
import { type OpenNode, placeOf } from "@pg-mig/sessions";
import { listVersions } from "./directory-actions.js";
import { readCluster } from "./read-cluster.js";
import type { ClusterOptions } from "./run-options.js";

/**
 * Which version is the latest on which shards: those that can be undone. From the last name to the
 * first. Changes nothing.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`
 */
export async function latest(options: ClusterOptions): Promise<readonly VersionPlaces[]> {
  const versions = await listVersions(options.migrationDirectory);
  return readCluster(options, "latest", versions, ({ nodes }) => latestOn(nodes));
}

/** The same, of nodes that were read. */
export function latestOn(nodes: readonly OpenNode[]): readonly VersionPlaces[] {
  const shards = nodes.flatMap((open) => open.shards);
  return latestVersions(shards).map(({ version, shards: latest }) => ({
    version,
    shards: latest.map(placeOf),
  }));
}
