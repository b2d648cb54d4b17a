import type { ShardLedger } from "@pg-mig/ledger";
import { latestVersions, type ShardLedger as PlannedShard } from "@pg-mig/planner";
import type { OpenNode } from "@pg-mig/sessions";

/** Shards with the same history share the list of their entries, and so that of the names. */
const namesOfEntries = new WeakMap<ShardLedger["entries"], readonly string[]>();

/** The names of the versions that a ledger holds, oldest first. */
export function versionNames({ entries }: ShardLedger): readonly string[] {
  let names = namesOfEntries.get(entries);
  if (names === undefined) {
    names = entries.map(({ version }) => version);
    namesOfEntries.set(entries, names);
  }
  return names;
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
