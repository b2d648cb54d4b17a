import { failureReason } from "./group-failures.js";
import type { AbandonedChain, HookFailure, StepFailure } from "./report.js";
import type { RunEvent } from "./run-event.js";
import type { FailureCount } from "./run-model.js";

/** What has failed in a run, and what was given up. */
export class RunFailures {
  readonly #failed: StepFailure[] = [];
  readonly #inDoubt: StepFailure[] = [];
  readonly #abandoned: AbandonedChain[] = [];
  readonly #ofHooks: HookFailure[] = [];
  readonly #byReason = new Map<string, FailureCount>();

  get failed(): readonly StepFailure[] {
    return this.#failed;
  }

  get inDoubt(): readonly StepFailure[] {
    return this.#inDoubt;
  }

  get abandoned(): readonly AbandonedChain[] {
    return this.#abandoned;
  }

  get ofHooks(): readonly HookFailure[] {
    return this.#ofHooks;
  }

  /** Steps that failed or are in doubt, by reason, in the order of first appearance. */
  get byReason(): ReadonlyMap<string, FailureCount> {
    return this.#byReason;
  }

  addStep(event: Extract<RunEvent, { type: "step:failed" | "step:in-doubt" }>): void {
    const { node, shard, version, error, notAttempted } = event;
    const blocked = "blockedBy" in event ? { blockedBy: event.blockedBy } : {};
    const failure = { node, shard, version, error, notAttempted, ...blocked };
    (event.type === "step:failed" ? this.#failed : this.#inDoubt).push(failure);
    const reason = failureReason(failure);
    const { first, count } = this.#byReason.get(reason) ?? { first: failure, count: 0 };
    this.#byReason.set(reason, { first, count: count + 1 });
  }

  addChain({ node, shard, reason, notAttempted }: AbandonedChain): void {
    this.#abandoned.push({ node, shard, reason, notAttempted });
  }

  addHook({ node, file, error }: HookFailure): void {
    this.#ofHooks.push({ node, file, error });
  }
}
