import type { Version } from "@pg-mig/migrations";
import type { Chain } from "@pg-mig/planner";
import type { RunEvent } from "@pg-mig/report";
import { errorInfo, type OpenNode, type OpenShard } from "@pg-mig/sessions";
import { countChains } from "./counted-chains.js";
import type { RunKind } from "./run-kind.js";
import { takesVersions } from "./takes-versions.js";

/** Tells what a run has to do, which of it cannot be done and has failed, and what it leaves alone. */
export function announceRun(
  {
    nodes,
    chains,
    versions,
  }: {
    nodes: readonly OpenNode[];
    chains: readonly Chain<OpenShard>[];
    versions: readonly Pick<Version, "prefix">[];
  },
  kind: Pick<RunKind, "action" | "stuck" | "leftAlone">,
  emit: (event: RunEvent) => void,
): void {
  const all = nodes.flatMap(({ shards }) => shards);
  const stuck = kind.stuck?.(all) ?? [];
  const stays = stuck.map(({ of, version, notAttempted }) => ({
    shard: of,
    pending: [version, ...notAttempted],
  }));
  emit({
    type: "run:start",
    action: kind.action,
    nodes: nodes.map(({ node }) => node.label),
    addresses: nodes.map(({ node }) => node.name),
    shards: all.filter(takesVersions(versions)).length,
    ...countChains([...chains, ...stays], [], kind.action),
  });
  for (const { of: _, error, ...step } of stuck) {
    emit({ type: "step:failed", ...step, error: errorInfo(error, step), durationMs: 0 });
  }
  for (const warning of kind.leftAlone?.(all) ?? []) {
    emit({ type: "warning", ...warning });
  }
}
