import { openCluster } from "@pg-mig/sessions";
import type { ClusterOptions } from "./run-options.js";
import { latestOfShards } from "./shard-ledgers.js";

/**
 * Which version is the latest on which shards: those that can be undone. From the last name to the
 * first. Changes nothing.
 *
 * @throws PgMigError what `discoverNodes` and `connectNode` throw; `CLUSTER_UNREACHABLE`
 */
export async function latest(options: Omit<ClusterOptions, "migrationDirectory">) {
  const signal = options.signal ?? new AbortController().signal;
  const cluster = await openCluster({ ...options, action: "latest", signal, onNote: () => {} });
  try {
    return latestOfShards(cluster.nodes);
  } finally {
    await cluster.close();
  }
}
