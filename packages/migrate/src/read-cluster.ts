import type { Version } from "@pg-mig/migrations";
import { type OpenCluster, openCluster } from "@pg-mig/sessions";
import { listVersions } from "./directory-actions.js";
import type { ClusterOptions } from "./run-options.js";
import { validShards } from "./valid-shards.js";

export interface ReadClusterOptions extends ClusterOptions {
  /** Told what the user should know and is no error. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Opens a cluster to be looked at, and closes it after that. The directory may have no versions.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`, `NO_PRIMARY`, `LEDGER_UNREADABLE`, `VALID_SHARDS_FAILED`
 */
export async function readCluster<Result>(
  options: ReadClusterOptions,
  action: "list" | "latest",
  read: (cluster: OpenCluster, versions: readonly Version[]) => Result | Promise<Result>,
): Promise<Result> {
  const { onNote = () => {}, signal = new AbortController().signal } = options;
  const versions = await listVersions(options.migrationDirectory);
  const cluster = await openCluster({
    ...options,
    action,
    validShards: validShards(options, versions),
    signal,
    onNote,
  });
  try {
    return await read(cluster, versions);
  } finally {
    await cluster.close();
  }
}
