import type { ShardLedger } from "@pg-mig/ledger";
import { latestVersions, type ShardLedger as PlannedShard } from "@pg-mig/planner";
import type { OpenNode } from "./open-cluster.js";

/** The names of the versions that a ledger holds, oldest first. */
export function versionNames({ entries }: ShardLedger): string[] {
  return entries.map(({ version }) => version);
}

/** The ledgers of all shards, as the planner takes them. */
export function shardLedgers(nodes: readonly OpenNode[]): PlannedShard[] {
  return nodes.flatMap(({ node, shards }) =>
    shards.map((shard) => ({
      node: node.name,
      shard: shard.shard,
      versions: versionNames(shard),
    })),
  );
}

/** Which version is the latest on which shards, by the labels of their nodes. */
export function latestOfShards(nodes: readonly OpenNode[]) {
  const labels = new Map(nodes.map(({ node }) => [node.name, node.label]));
  return latestVersions(shardLedgers(nodes)).map(({ version, shards }) => ({
    version,
    shards: shards.map(({ node, shard }) => ({ node: labels.get(node) ?? node, shard })),
  }));
}
