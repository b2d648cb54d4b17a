import type { Direction } from "@pg-mig/migrations";
import type { Plan } from "@pg-mig/planner";
import type { OpenShard } from "@pg-mig/sessions";

/** What makes an apply an apply, and an undo an undo. */
export interface RunKind {
  readonly action: "apply" | "undo";
  readonly direction: Direction;
  /** What these shards have still to run, and which of them cannot be planned for. Pure. */
  readonly plan: (shards: readonly OpenShard[]) => Plan<OpenShard>;
  /** What the digest of every node is while the run goes on; `undefined`: what it was. */
  readonly digestMeanwhile: "before-undo" | undefined;
  readonly digestAfter: string;
  /** What schemas that appear during the run get: a round of their own, or nothing. */
  readonly newSchemas: "go round again" | "ignore";
}
