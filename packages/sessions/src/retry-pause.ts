import type { RequeueReason } from "@pg-mig/report";

/**
 * How long a step waits for a lock at its n-th attempt, counted from 0: short at first, since
 * everything that needs the table queues up after the waiting statement.
 */
export function lockTimeoutMs(attempt: number, maximumMs: number): number {
  const steps = [100, 200, 500, 1000, 1000];
  return Math.min(steps[attempt] ?? maximumMs, maximumMs);
}

/**
 * How long a chain pauses before its next attempt: random, so that chains that met each other do
 * not meet again, and longer every time. `random` is in [0, 1).
 */
export function retryPauseMs(
  reason: Exclude<RequeueReason, "ledger-changed" | "no-connection">,
  attempt: number,
  random: number,
): number {
  const [firstMs, maximumMs] = reason === "shard-taken" ? [50, 2000] : [250, 60_000];
  return Math.round(random * Math.min(maximumMs, firstMs * 2 ** attempt));
}
