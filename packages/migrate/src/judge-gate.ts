import type { WaveGate } from "@pg-mig/model";

/** What a gate has answered: whether to go on, and if not, why. */
export interface GateAnswer {
  readonly yes: boolean;
  /** A sentence's end: what was asked, and what came. */
  readonly why: string;
}

/** What is known of a gate that is asked. */
export interface GateState {
  /** How many times in a row it has said no. */
  readonly noes: number;
}

export type GateJudgement =
  | { readonly type: "passed" }
  | { readonly type: "refused" }
  /** To be asked again after a time, in milliseconds. */
  | { readonly type: "again"; readonly state: GateState; readonly inMs: number };

/** How long a gate waits between two answers, if it does not say. */
const usualEveryMs = 10_000;

/**
 * Judges a gate by its newest answer. It refuses as soon as it has said no so many times in a row. It passes with a yes
 * after its time; until then it is asked again. Pure.
 *
 * @param endsAtMs until when it has to say yes: its `for`, from the end of the soak
 */
export function judgeGate(
  { everyMs = usualEveryMs, failures = 1 }: Pick<WaveGate, "everyMs" | "failures">,
  { noes }: GateState,
  answer: Pick<GateAnswer, "yes">,
  { nowMs, endsAtMs }: { readonly nowMs: number; readonly endsAtMs: number },
): GateJudgement {
  const state = { noes: answer.yes ? 0 : noes + 1 };
  if (state.noes >= failures) {
    return { type: "refused" };
  }
  if (answer.yes && nowMs >= endsAtMs) {
    return { type: "passed" };
  }
  // Asked once more at the end, not only near it.
  const inMs = answer.yes ? Math.min(everyMs, endsAtMs - nowMs) : everyMs;
  return { type: "again", state, inMs };
}
