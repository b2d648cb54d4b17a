import type { VersionPlaces } from "@pg-mig/model";
import { latestVersions } from "@pg-mig/planner";
import { type OpenNode, openCluster, placeOf } from "@pg-mig/sessions";
import type { ClusterOptions } from "./run-options.js";

/**
 * Which version is the latest on which shards: those that can be undone. From the last name to the
 * first. Changes nothing.
 *
 * @throws PgMigError what `discoverNodes` and `connectNode` throw; `CLUSTER_UNREACHABLE`
 */
export async function latest(
  options: Omit<ClusterOptions, "migrationDirectory">,
): Promise<readonly VersionPlaces[]> {
  const signal = options.signal ?? new AbortController().signal;
  const cluster = await openCluster({ ...options, action: "latest", signal, onNote: () => {} });
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
