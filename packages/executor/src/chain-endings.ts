import type { AbandonedChain } from "@pg-mig/report";
import { errorInfo, isBug, serverWords } from "@pg-mig/sessions";
import { abandonedEvent, failedEvent } from "./chain-events.js";
import type { ChainSchedule } from "./chain-schedule.js";
import { type ChainState, type ChainToRun, createChainState } from "./chain-state.js";
import { FailureBudget } from "./failure-budget.js";
import { entryLostError } from "./ledger-trouble.js";
import type { RunChainsOptions } from "./run-chains-options.js";
import { statementLimit } from "./statement-limit.js";
import { whatStays } from "./what-stays.js";

/**
 * How chains end that have not run all of their versions: each is taken out of the schedule, and events tell
 * what became of it. Knows, too, why nothing starts any more.
 */
export class ChainEndings<L> {
  readonly #schedule: ChainSchedule<ChainToRun<L>>;
  readonly #states: ReadonlyMap<ChainToRun<L>, ChainState<L>>;
  readonly #options: Pick<
    RunChainsOptions<L>,
    "emit" | "stepScript" | "signal" | "pause" | "recorder"
  >;
  readonly #budget: FailureBudget;
  #bug: { readonly reason: unknown } | undefined;

  /** `states` are those of the `chains` chains that have begun and not ended. */
  constructor(
    schedule: ChainSchedule<ChainToRun<L>>,
    states: ReadonlyMap<ChainToRun<L>, ChainState<L>>,
    options: RunChainsOptions<L> & { readonly chains: number },
  ) {
    this.#schedule = schedule;
    this.#states = states;
    this.#options = options;
    this.#budget = new FailureBudget(options.stopAt ?? {}, options.chains);
  }

  /** What the run is ended for: nothing starts any more, what runs goes on to its end. */
  get bug(): { readonly reason: unknown } | undefined {
    return this.#bug;
  }

  /** Why nothing starts any more; `undefined`: it does. */
  get whyEnded(): "interrupted" | "bug" | "stopped" | "paused" | undefined {
    const { signal, pause } = this.#options;
    if (this.#bug !== undefined || (signal.aborted && isBug(signal.reason))) {
      return "bug";
    }
    if (signal.aborted) {
      return "interrupted";
    }
    return this.#budget.isSpent ? "stopped" : pause?.aborted ? "paused" : undefined;
  }

  /** A bug was met. If the chain still runs, its version has failed. */
  onBug(chain: ChainToRun<L>, bug: unknown): void {
    this.#bug ??= { reason: bug };
    const state = this.#states.get(chain);
    const version = state?.versions[0];
    if (state !== undefined && version !== undefined && this.#schedule.isRunning(chain)) {
      this.failed(chain, state, { version, error: bug, durationMs: 0 });
    }
  }

  /** The version of the chain that runs has failed. */
  failed(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    failure: { readonly version: string; readonly error: unknown; readonly durationMs: number },
  ): void {
    const { version, error, durationMs } = failure;
    const notAttempted = this.#schedule.fail(chain);
    const { stepScript, recorder } = this.#options;
    const step = stepScript(version);
    const refusalHint = recorder.refusalHint?.(state.ledger, serverWords(error) ?? {});
    const hints = [statementLimit(step, error), refusalHint, whatStays(step, error)];
    this.#options.emit(failedEvent(state, version, { error, notAttempted, durationMs, hints }));
    this.#countFailure(state);
  }

  /** What this run has committed is not run again, nor is what comes after it. */
  takenAway(chain: ChainToRun<L>, state: ChainState<L>, taken: readonly string[]): void {
    this.#schedule.fail(chain);
    const { node, shard, versions } = state;
    for (const [index, version] of taken.entries()) {
      const step = { node: node.label, shard, version };
      const error = errorInfo(entryLostError(step), step);
      const notAttempted = index === 0 ? versions : [];
      this.#options.emit({ type: "step:vanished", ...step, doneBy: "this-run" });
      this.#options.emit({ type: "step:failed", ...step, error, notAttempted, durationMs: 0 });
    }
    this.#countFailure(state);
  }

  /** The version that runs was cut short, since nothing starts any more. */
  interrupted(chain: ChainToRun<L>, state: ChainState<L>): void {
    this.#end(chain, state, this.whyEnded ?? "interrupted");
  }

  /** The node is not waited for any more: ends this chain and those that wait for the node. */
  unreached(chain: ChainToRun<L>, state: ChainState<L>): void {
    this.#end(chain, state, this.whyEnded ?? "node-lost");
    this.abandon("node-lost", state.node.name);
  }

  /** Ends all chains, of one node or of all, that do not run at the moment. */
  abandon(reason: AbandonedChain["reason"], node?: string): void {
    for (const { chain, notAttempted } of this.#schedule.abandon(node)) {
      const state = this.#states.get(chain) ?? createChainState(chain);
      this.#options.emit(abandonedEvent(state, notAttempted, reason));
    }
  }

  #end(chain: ChainToRun<L>, state: ChainState<L>, reason: AbandonedChain["reason"]): void {
    this.#schedule.fail(chain);
    this.#options.emit(abandonedEvent(state, state.versions, reason));
  }

  #countFailure({ node }: ChainState<L>): void {
    const spent = this.#budget.fail(node.label);
    if (spent !== undefined) {
      this.#options.emit({ type: "budget:spent", ...spent });
    }
  }
}
