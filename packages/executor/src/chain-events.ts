import { isPgMigError } from "@pg-mig/model";
import type { AbandonedChain, ErrorInfo, RequeueReason, RunEvent } from "@pg-mig/report";
import { errorInfo, retryReason } from "@pg-mig/sessions";
import { withBlockers } from "./blocked.js";
import type { ChainState } from "./chain-state.js";

type State = Pick<ChainState<unknown>, "node" | "shard" | "tried" | "blockedBy">;

/** The first version of a chain went back to its queue. */
export function requeuedEvent(
  state: State,
  version: string,
  { reason, delayMs }: { readonly reason: RequeueReason; readonly delayMs: number },
): RunEvent {
  const { attempts: attempt } = state.tried;
  const blocked = blockedReasons.has(reason) ? blockersOf(state) : {};
  return { type: "step:requeued", ...stepOf(state, version), reason, attempt, delayMs, ...blocked };
}

/** The first version of a chain failed; or, where a COMMIT of it got no answer, nobody knows. */
export function failedEvent(
  state: State,
  version: string,
  failure: {
    readonly error: unknown;
    readonly notAttempted: readonly string[];
    readonly durationMs: number;
    /** What is known besides, such as what it has left there, in sentences. */
    readonly hints?: readonly (string | undefined)[];
  },
): RunEvent {
  const { error, notAttempted, durationMs, hints = [] } = failure;
  if (state.tried.inDoubt !== undefined) {
    return inDoubtEvent(state, version, notAttempted);
  }
  const step = stepOf(state, version);
  const info = withHints(errorInfo(error, step), hints);
  const event = { type: "step:failed", ...step, notAttempted, durationMs } as const;
  return isBlocked(error)
    ? { ...event, error: withBlockers(info, state.blockedBy), ...blockersOf(state) }
    : { ...event, error: info };
}

/** A chain is given up before its versions were tried; what may have been committed is said to be in doubt. */
export function abandonedEvent(
  state: State,
  notAttempted: readonly string[],
  reason: AbandonedChain["reason"],
): RunEvent {
  const [version, ...later] = notAttempted;
  if (state.tried.inDoubt !== undefined && version !== undefined) {
    return inDoubtEvent(state, version, later);
  }
  const { node, shard } = state;
  return { type: "chain:abandoned", node: node.label, shard, notAttempted, reason };
}

function withHints(info: ErrorInfo, more: readonly (string | undefined)[]): ErrorInfo {
  const hint = [info.hint, ...more].filter(Boolean).join(" ");
  return hint === "" ? info : { ...info, hint };
}

/** Reasons to wait that are other sessions. */
const blockedReasons: ReadonlySet<RequeueReason> = new Set(["lock-timeout", "shard-taken"]);

/** Whether it was other sessions that a step failed for. */
function isBlocked(error: unknown): boolean {
  if (retryReason(error) === "lock-timeout") {
    return true;
  }
  return isPgMigError(error) && blockedCodes.has(error.code);
}

const blockedCodes = new Set(["SHARD_TAKEN", "INDEX_WAIT_TIMEOUT", "LOCK_WAIT_TIMEOUT"]);

function inDoubtEvent(state: State, version: string, notAttempted: readonly string[]): RunEvent {
  const step = stepOf(state, version);
  const error = errorInfo(state.tried.inDoubt, step);
  return { type: "step:in-doubt", ...step, error, notAttempted };
}

function stepOf({ node, shard }: State, version: string) {
  return { node: node.label, shard, version };
}

function blockersOf({ blockedBy }: State): Partial<Pick<State, "blockedBy">> {
  return blockedBy.length === 0 ? {} : { blockedBy };
}
