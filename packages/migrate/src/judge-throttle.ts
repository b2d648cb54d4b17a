import type { Throttle, ThrottleLimits } from "@pg-mig/model";
import type { ThrottleReason } from "@pg-mig/report";
import type { ThrottleReading } from "./throttle-reading.js";

/** What came of asking a node. */
export type ThrottleAnswer =
  | { readonly type: "read"; readonly reading: ThrottleReading }
  /** It answers, and nobody can tell how it is. */
  | { readonly type: "unknown" }
  /** It lets nobody in: whoever wants to work there finds that out, and waits for it. */
  | { readonly type: "away" };

/** What is known of a node. */
export interface ThrottleState {
  /** Why nothing new starts there; none: it may. */
  readonly reasons: readonly ThrottleReason[];
  /** Since when nothing new starts. */
  readonly sinceMs?: number;
  /** Since when something waits for that, without a break. */
  readonly waitingSinceMs?: number;
}

export interface ThrottleJudgement {
  readonly state: ThrottleState;
  /** Whether something has waited for the longest time that it may. */
  readonly isOver: boolean;
}

/** How long a node may be left alone, if the throttle does not say. */
const usualMaxWaitMs = 1_800_000;

/**
 * Judges a node by the newest answer. Each reading has a latch of its own: it closes at `pause` and opens at
 * `resume`, and keeps its place in between. The node goes on as soon as all of them are open. Who cannot be
 * read keeps all latches as they are, and has one more. Pure.
 */
export function judgeThrottle(
  throttle: Throttle,
  { reasons, sinceMs, waitingSinceMs }: ThrottleState,
  answer: ThrottleAnswer,
  { nowMs, isWaiting }: { readonly nowMs: number; readonly isWaiting: boolean },
): ThrottleJudgement {
  const now = reasonsOf(throttle, reasons, answer);
  if (now.length === 0) {
    return { state: { reasons: [] }, isOver: false };
  }
  const since = sinceMs ?? nowMs;
  const waitingSince = isWaiting ? (waitingSinceMs ?? nowMs) : undefined;
  const { maxWaitMs = usualMaxWaitMs } = throttle;
  return {
    state: {
      reasons: now,
      sinceMs: since,
      ...(waitingSince === undefined ? {} : { waitingSinceMs: waitingSince }),
    },
    isOver: waitingSince !== undefined && nowMs - waitingSince >= maxWaitMs,
  };
}

const measures = ["lagMs", "lagBytes", "active", "blocked"] as const;

function reasonsOf(
  throttle: Throttle,
  before: readonly ThrottleReason[],
  answer: ThrottleAnswer,
): readonly ThrottleReason[] {
  if (answer.type === "away") {
    return [];
  }
  if (answer.type === "unknown") {
    return before.includes("unknown") ? before : [...before, "unknown"];
  }
  const { reading } = answer;
  const reasons = measures.filter((measure): boolean => {
    const limits = throttle[measure];
    const value = reading[measure];
    return limits !== undefined && value !== undefined && isClosed(limits, value, before, measure);
  });
  return reading.hold === true ? [...reasons, "hold"] : reasons;
}

function isClosed(
  { pause, resume }: ThrottleLimits,
  value: number,
  before: readonly ThrottleReason[],
  measure: ThrottleReason,
): boolean {
  return value >= pause || (value > resume && before.includes(measure));
}
