import type { ShardLedger } from "@pg-mig/ledger";
import type { PlacedStep } from "@pg-mig/report";
import type { OpenNode } from "@pg-mig/sessions";
import type { RunKind } from "./run-kind.js";

/**
 * Which of the steps that a run has done the ledgers do not have any more: a failover has lost what
 * was not replicated. Shards and nodes that were not read say nothing. Pure.
 */
export function vanishedSteps(
  steps: Iterable<PlacedStep>,
  nodes: readonly OpenNode[],
  action: RunKind["action"],
): readonly PlacedStep[] {
  const shards = new Map(nodes.map(({ node, ledger }) => [node.label, ledger.shards]));
  const vanished: PlacedStep[] = [];
  for (const step of steps) {
    const ledger = findShard(shards.get(step.node) ?? [], step.shard);
    // What was done of late comes last.
    const entry = ledger?.entries.findLast(({ version }) => version === step.version);
    if (ledger !== undefined && (entry !== undefined) !== (action === "apply")) {
      vanished.push(step);
    }
  }
  return vanished;
}

/** Finds one in a list in the order of names: of a million shards, a map would take more memory than time. */
function findShard(shards: readonly ShardLedger[], name: string): ShardLedger | undefined {
  let [from, to] = [0, shards.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((shards[middle]?.shard ?? "") < name) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return shards[from]?.shard === name ? shards[from] : undefined;
}
