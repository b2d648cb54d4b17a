import type { Chain } from "@pg-mig/planner";
import type { AbandonedChain, RunEvent } from "@pg-mig/report";
import { type OpenShard, placeOf } from "@pg-mig/sessions";

/** Tells of chains that nothing is done of. */
export function abandonChains(
  chains: readonly Chain<OpenShard>[],
  reason: AbandonedChain["reason"],
  emit: (event: RunEvent) => void,
): void {
  for (const { shard, pending } of chains) {
    emit({ type: "chain:abandoned", ...placeOf(shard), notAttempted: pending, reason });
  }
}
