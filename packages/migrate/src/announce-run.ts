import type { Chain } from "@pg-mig/planner";
import type { RunEvent } from "@pg-mig/report";
import { errorInfo, type OpenNode, type OpenShard } from "@pg-mig/sessions";
import { countChains } from "./counted-chains.js";
import type { RunKind } from "./run-kind.js";

/** Tells what a run has to do, and which of it cannot be done and has failed. */
export function announceRun(
  { nodes, chains }: { nodes: readonly OpenNode[]; chains: readonly Chain<OpenShard>[] },
  kind: Pick<RunKind, "action" | "stuck">,
  emit: (event: RunEvent) => void,
): void {
  const stuck = kind.stuck?.(nodes.flatMap(({ shards }) => shards)) ?? [];
  const stays = stuck.map(({ of, version, notAttempted }) => ({
    shard: of,
    pending: [version, ...notAttempted],
  }));
  emit({
    type: "run:start",
    action: kind.action,
    nodes: nodes.map(({ node }) => node.label),
    addresses: nodes.map(({ node }) => node.name),
    shards: nodes.reduce((sum, { shards }) => sum + shards.length, 0),
    ...countChains([...chains, ...stays], [], kind.action),
  });
  for (const { of: _, error, ...step } of stuck) {
    emit({ type: "step:failed", ...step, error: errorInfo(error, step), durationMs: 0 });
  }
}
