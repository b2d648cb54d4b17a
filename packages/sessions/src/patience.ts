import { defaults } from "@pg-mig/model";

/** For how long a run waits for what can succeed later, in milliseconds. */
export interface Patience {
  /** For how long a version that was put back is tried again. @default 600000 */
  readonly retryForMs?: number | undefined;
  /** For how long a node that went away is waited for. @default 60000, or `retryForMs` if that is less */
  readonly reconnectForMs?: number | undefined;
}

/** How often something is begun anew whose connection broke. */
export const maxConnectionLosses = 3;

/** Fills in the defaults. */
export function patience({
  retryForMs = defaults.retryForMs,
  reconnectForMs = Math.min(defaults.reconnectForMs, retryForMs),
}: Patience) {
  return { retryForMs, reconnectForMs };
}
