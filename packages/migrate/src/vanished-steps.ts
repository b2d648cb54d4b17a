import type { PlacedStep } from "@pg-mig/report";
import type { OpenNode } from "@pg-mig/sessions";
import type { RunKind } from "./run-kind.js";

/**
 * Which of the steps that a run has done the ledgers do not have any more: a failover has lost what
 * was not replicated. Shards and nodes that were not read say nothing. Pure.
 */
export function vanishedSteps(
  steps: readonly PlacedStep[],
  nodes: readonly OpenNode[],
  action: RunKind["action"],
): readonly PlacedStep[] {
  const ledgers = new Map(
    nodes.map(({ node: { label }, ledger: { shards } }) => [
      label,
      new Map(shards.map(({ shard, entries }) => [shard, entries])),
    ]),
  );
  return steps.filter(({ node, shard, version }) => {
    const entries = ledgers.get(node)?.get(shard);
    if (entries === undefined) {
      return false;
    }
    return entries.some((entry) => entry.version === version) !== (action === "apply");
  });
}
