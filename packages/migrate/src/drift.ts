import { nodeFileSystem, readMigrationDirectory } from "@pg-mig/migrations";
import { defaults } from "@pg-mig/model";
import { compareNodes, type NodesComparison } from "./compare-nodes.js";
import type { IgnoredItem, Reference } from "./compare-shards.js";
import { readCluster } from "./read-cluster.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { requireScratch } from "./scratch-server.js";
import type { ScratchUse } from "./scratch-use.js";

/** `scratch` and what belongs to it count if the files are what is right. */
export interface DriftOptions extends ClusterOptions, NoteOptions, ScratchUse {
  /** Which shape is taken for right. @default that of most shards of a group */
  readonly against?: Reference | undefined;
  /** Whether owners and privileges count. @default "no" */
  readonly access?: "yes" | "no" | undefined;
  /** What makes no difference. @default [] */
  readonly ignore?: readonly IgnoredItem[] | undefined;
  /** For how long a table is waited for that somebody changes, in milliseconds. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
}

/** Whether shards that ought to be alike are. Plain data: it survives JSON. */
export interface DriftReport extends NodesComparison {
  /** Host, port and database of each node that was compared. */
  readonly addresses: readonly string[];
}

/**
 * Reads what all shards have, and compares those that ought to be alike: shards of one prefix with one
 * ledger, on servers of one family. Changes nothing. One connection per node reads, a few shards at a
 * time; what is kept of a shard is the hash of its shape.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`, `NO_PRIMARY`, `LEDGER_UNREADABLE`; `SHARD_UNKNOWN` if the shard to compare with is
 * not there; with the files as the reference, `SCRATCH_MISSING`, `SCRATCH_FAILED`, and the error of a version
 * that fails. A shard that cannot be read is part of the report.
 */
export async function drift(options: DriftOptions): Promise<DriftReport> {
  const { against = { from: "majority" }, access = "no", ignore = [] } = options;
  const { lockTimeoutMs = defaults.lockTimeoutMs, onNote = () => {} } = options;
  const { signal = new AbortController().signal } = options;
  if (against.from === "files") {
    requireScratch(options.scratch);
  }
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  return readCluster({ ...options, signal }, "drift", directory.versions, async (cluster) => {
    const files = { ...options, directory, onNote };
    const { outcome, ...rest } = await compareNodes(cluster, cluster.nodes, {
      ...{ directory, against, access, ignore, lockTimeoutMs, files, signal },
    });
    return { outcome, addresses: cluster.nodes.map(({ node }) => node.name).sort(), ...rest };
  });
}
