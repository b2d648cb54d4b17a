import type { RequeueReason } from "@pg-mig/report";
import {
  isInterruption,
  isOutOfMemory,
  maxConnectionLosses,
  retryPauseMs,
  retryReason,
} from "@pg-mig/sessions";
import type { VainAttempt } from "./attempt-step.js";
import { shardTakenError } from "./blocked.js";

/** What is known of a version from its attempts on a shard so far. */
export interface Tried {
  /** How many there were. */
  readonly attempts: number;
  /** How long they took with the pauses after them, in milliseconds. */
  readonly triedForMs: number;
  readonly connectionLosses: number;
  /** How the connection broke while the version was being committed; `undefined`: it did not. */
  readonly inDoubt: unknown;
  /** The version is not tried again: it is left to find out whether it is there. */
  readonly givenUp: boolean;
}

/** An attempt in vain, or a look whether a version is there, that has ended. */
export type Attempted = VainAttempt | { readonly type: "absent" };

/** What the decision depends on besides the attempt itself. */
export interface AttemptConditions {
  readonly shard: string;
  /** How long the attempt took, in milliseconds. */
  readonly durationMs: number;
  /** Whether the version and its ledger entry are one transaction. */
  readonly isTransaction: boolean;
  /** Whether the version may be run again if it is absent after a COMMIT that got no answer. */
  readonly isRepeatable: boolean;
  /** Whether nothing else of this run could run on its node meanwhile. */
  readonly alone: boolean;
  /** Whether the run was interrupted. */
  readonly interrupted: boolean;
  /** For how long the version is tried, in milliseconds. */
  readonly retryForMs: number;
  /** In [0, 1). */
  readonly random: number;
}

/** What becomes of a version after an attempt in vain. */
export type Decision =
  /** The ledger is another one: it must be read before anything is decided. */
  | { readonly type: "read-ledger" }
  /** The run was interrupted, and the version with it. */
  | { readonly type: "interrupted" }
  | RetryDecision;

/** Whether a version is tried once more. */
export type RetryDecision =
  | {
      readonly type: "requeue";
      readonly reason: PausedReason;
      readonly delayMs: number;
    }
  | { readonly type: "failed"; readonly error: unknown; readonly durationMs: number };

/** Reasons to try again after a pause. */
export type PausedReason = Exclude<RequeueReason, "ledger-changed" | "no-connection">;

/**
 * Decides what becomes of a version after an attempt in vain, and says what is known of it then. Pure.
 *
 * A version whose commit got no answer is tried again only under the guard that finds it in the ledger, or
 * is looked for. If its time is spent before that, `failed` means that it stays in doubt: `tried.inDoubt`
 * is only `undefined` again after a look has shown that it is absent.
 */
export function afterAttempt(
  before: Tried,
  attempted: Attempted,
  conditions: AttemptConditions,
): { readonly decision: Decision; readonly tried: Tried } {
  const { durationMs, isTransaction, isRepeatable, interrupted } = conditions;
  const tried: Tried = {
    ...before,
    attempts: before.attempts + 1,
    triedForMs: before.triedForMs + durationMs,
  };
  switch (attempted.type) {
    case "refused":
      return attempted.reason === "ledger-changed"
        ? { decision: { type: "read-ledger" }, tried }
        : afterPause(tried, "shard-taken", shardTakenError(conditions.shard), conditions);
    case "absent":
      return {
        decision: { type: "failed", error: tried.inDoubt, durationMs },
        tried: { ...tried, inDoubt: undefined },
      };
    case "lost":
    case "in-doubt": {
      const { error } = attempted;
      const inDoubt = attempted.type === "in-doubt" ? error : tried.inDoubt;
      const connectionLosses = tried.connectionLosses + 1;
      const givenUp =
        connectionLosses > maxConnectionLosses || (inDoubt !== undefined && !isRepeatable);
      const lost: Tried = { ...tried, inDoubt, connectionLosses, givenUp };
      // What a file that is no transaction has done by halves is for its author to look at.
      return inDoubt === undefined && (givenUp || !isTransaction)
        ? { decision: { type: "failed", error, durationMs }, tried: lost }
        : afterPause(lost, "connection-lost", error, conditions);
    }
    case "failed": {
      const { error } = attempted;
      // Of one that has committed parts of its work, what stays must be told.
      if (interrupted && isRepeatable && isInterruption(error)) {
        return { decision: { type: "interrupted" }, tried };
      }
      const noRoom = needsFewerSlots(attempted, conditions);
      const reason = noRoom ? "out-of-memory" : retryReason(error);
      return reason === undefined || !isTransaction
        ? { decision: { type: "failed", error, durationMs }, tried }
        : afterPause(tried, reason, error, conditions);
    }
  }
}

/**
 * Whether the server had no room for as many shards at a time as run on the node: fewer run there from now
 * on, whether the version is tried again or its time is spent.
 */
export function needsFewerSlots(
  attempted: Attempted,
  { isTransaction, alone }: Pick<AttemptConditions, "isTransaction" | "alone">,
): boolean {
  return attempted.type === "failed" && isTransaction && !alone && isOutOfMemory(attempted.error);
}

/** Tries again after a pause, or not if the time for that is spent. */
export function afterPause(
  tried: Tried,
  reason: PausedReason,
  error: unknown,
  { retryForMs, random }: Pick<AttemptConditions, "retryForMs" | "random">,
): { readonly decision: RetryDecision; readonly tried: Tried } {
  const { triedForMs, attempts } = tried;
  if (triedForMs >= retryForMs) {
    return { decision: { type: "failed", error, durationMs: triedForMs }, tried };
  }
  const delayMs = retryPauseMs(reason, attempts, random);
  return {
    decision: { type: "requeue", reason, delayMs },
    tried: { ...tried, triedForMs: triedForMs + delayMs },
  };
}
