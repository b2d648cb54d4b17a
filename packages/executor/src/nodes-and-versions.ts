import type { SessionNode } from "@pg-mig/sessions";
import type { ChainToRun } from "./chain-state.js";

/** All nodes and all versions of chains, each once. Of a million chains, most share one list of versions. */
export function nodesAndVersions(chains: readonly ChainToRun<unknown>[]): {
  readonly nodes: readonly SessionNode[];
  readonly versions: readonly string[];
} {
  const nodes = new Map<string, SessionNode>();
  const lists = new Set<readonly string[]>();
  for (const { shard, pending } of chains) {
    nodes.set(shard.node.name, shard.node);
    lists.add(pending);
  }
  const versions = new Set<string>();
  for (const pending of lists) {
    for (const version of pending) {
      versions.add(version);
    }
  }
  return { nodes: [...nodes.values()], versions: [...versions] };
}
