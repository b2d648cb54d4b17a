import type { Version } from "@pg-mig/migrations";
import { type OpenCluster, openCluster } from "@pg-mig/sessions";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { validShards } from "./valid-shards.js";

/**
 * Opens a cluster to be looked at, for the versions of its directory, and closes it after that.
 *
 * @throws PgMigError what `discoverNodes` and `connectNode` throw; `CLUSTER_UNREACHABLE`, `NO_PRIMARY`,
 * `LEDGER_UNREADABLE`, `VALID_SHARDS_FAILED`
 */
export async function readCluster<Result>(
  options: ClusterOptions & NoteOptions,
  action: "drift" | "latest" | "list" | "rehearse" | "status",
  versions: readonly Version[],
  read: (cluster: OpenCluster) => Result | Promise<Result>,
): Promise<Result> {
  const { onNote = () => {}, signal = new AbortController().signal } = options;
  const cluster = await openCluster({
    ...options,
    action,
    validShards: validShards(options, versions),
    signal,
    onNote,
  });
  try {
    return await read(cluster);
  } finally {
    await cluster.close();
  }
}
