import type { PlacedStep } from "@pg-mig/report";
import type { OpenNode } from "@pg-mig/sessions";
import type { RunKind } from "./prepare-run.js";

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
    nodes.flatMap(({ node: { label }, ledger: { shards } }) =>
      shards.map(({ shard, entries }) => [key({ node: label, shard }), entries] as const),
    ),
  );
  return steps.filter((step) => {
    const entries = ledgers.get(key(step));
    if (entries === undefined) {
      return false;
    }
    return entries.some(({ version }) => version === step.version) !== (action === "apply");
  });
}

function key({ node, shard }: Omit<PlacedStep, "version">): string {
  return JSON.stringify([node, shard]);
}
