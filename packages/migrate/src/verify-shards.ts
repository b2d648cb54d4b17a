import type { MigrationDirectory } from "@pg-mig/migrations";
import type { Place } from "@pg-mig/model";
import { listShards } from "@pg-mig/report";
import { type OpenCluster, type OpenNode, placeOf } from "@pg-mig/sessions";
import { compareNodes, type NodesComparison } from "./compare-nodes.js";
import { placeKey } from "./place-key.js";

export interface VerifyShardsOptions {
  readonly cluster: OpenCluster;
  /** As they were read after the run. */
  readonly nodes: readonly OpenNode[];
  /** The shards that the run touched. */
  readonly touched: readonly Place[];
  readonly directory: Pick<MigrationDirectory, "versions">;
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Compares with each other the shards that a run touched, those with one ledger, within the bounds of `drift`.
 * Gives what is not right, a sentence each; nothing: they are alike.
 */
export async function verifyShards({
  cluster,
  nodes,
  touched,
  directory,
  lockTimeoutMs,
  signal,
}: VerifyShardsOptions): Promise<readonly string[]> {
  const keys = new Set(touched.map(placeKey));
  const chosen = nodes.map((open) => ({
    ...open,
    shards: open.shards.filter((shard) => keys.has(placeKey(placeOf(shard)))),
  }));
  const found = await compareNodes(cluster, chosen, {
    ...{ directory, against: { from: "majority" }, access: "no", ignore: [] },
    ...{ lockTimeoutMs, signal },
  });
  return sentences(found);
}

function sentences({ groups, unread }: NodesComparison): string[] {
  return [
    ...groups.flatMap(({ version = "no version", reference, differences }) =>
      differences.map(({ kind, path, what, shards }) => {
        const item = [kind, path].filter(Boolean).join(" ");
        return reference === null
          ? `At ${version}, no more than half of the shards agree on ${item}: ${what === "missing" ? "missing" : "one form"} on ${listShards(shards)}.`
          : `At ${version}, ${item} ${what === "differs" ? "differs from that of the others" : `is ${what}`} on ${listShards(shards)}.`;
      }),
    ),
    ...unread.map(
      ({ node, shard, reason }) => `${node}:${shard} could not be verified: ${reason}.`,
    ),
  ];
}
