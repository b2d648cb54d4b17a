import type { OpenShard } from "@pg-mig/sessions";

/**
 * When the last version reached shards, by their ledgers, in milliseconds: from then on they soak. Where a
 * ledger does not tell, the start of the run stands for it, and nothing is later than now. Pure.
 */
export function soakingSince(
  shards: readonly OpenShard[],
  { startedAtMs, nowMs }: { readonly startedAtMs: number; readonly nowMs: number },
): number {
  let since = Number.NEGATIVE_INFINITY;
  for (const { ledger } of shards) {
    const last = ledger.entries.at(-1);
    if (last !== undefined) {
      const appliedAtMs = Date.parse(last.appliedAt ?? "");
      since = Math.max(since, Number.isNaN(appliedAtMs) ? startedAtMs : appliedAtMs);
    }
  }
  return Math.min(since, nowMs);
}
