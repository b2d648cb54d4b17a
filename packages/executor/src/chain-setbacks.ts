import type { RequeueReason } from "@pg-mig/report";
import { isBug, isConnectionLoss, type Session } from "@pg-mig/sessions";
import {
  type AttemptConditions,
  type Attempted,
  afterAttempt,
  afterPause,
  needsFewerSlots,
  type RetryDecision,
} from "./after-attempt.js";
import { afterLedgerChange } from "./after-ledger-change.js";
import type { ChainEndings } from "./chain-endings.js";
import { requeuedEvent } from "./chain-events.js";
import type { ChainSchedule } from "./chain-schedule.js";
import { advance, type ChainState, type ChainToRun, noteCommit } from "./chain-state.js";
import { ledgerUnsettledError } from "./ledger-trouble.js";
import type { NodeSlots } from "./node-slots.js";
import type { ClockedOptions } from "./run-chains-options.js";
import { shardHolders } from "./shard-holders.js";
import { isRepeatable } from "./step-script.js";
import { wordsAndHint } from "./words-and-hint.js";

/** What {@link ChainSetbacks} tells of its decisions. */
export interface ChainSetbacksParts<L> {
  readonly schedule: ChainSchedule<ChainToRun<L>>;
  readonly slots: NodeSlots;
  readonly endings: ChainEndings<L>;
}

/** An attempt at a version that has ended, and did not commit it. */
export interface EndedInVain {
  readonly attempted: Attempted;
  readonly session: Session;
  readonly durationMs: number;
  /** Whether nothing else of this run could run on its node meanwhile. */
  readonly alone: boolean;
}

/**
 * What becomes of a chain whose version was not committed: it is put back, or goes on from the ledger
 * that is there, or ends. `afterAttempt` and `afterLedgerChange` decide; here it is done.
 */
export class ChainSetbacks<L> {
  readonly #schedule: ChainSchedule<ChainToRun<L>>;
  readonly #slots: NodeSlots;
  readonly #endings: ChainEndings<L>;
  readonly #options: ClockedOptions<L>;

  constructor({ schedule, slots, endings }: ChainSetbacksParts<L>, options: ClockedOptions<L>) {
    this.#schedule = schedule;
    this.#slots = slots;
    this.#endings = endings;
    this.#options = options;
  }

  /** The version of the chain was attempted in vain. */
  async afterVain(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    { attempted, session, durationMs, alone }: EndedInVain,
  ): Promise<void> {
    const { recorder, signal, retryForMs, random } = this.#options;
    if (session.blockedBy.length > 0) {
      state.blockedBy = session.blockedBy;
    }
    if (attempted.type === "refused" && attempted.reason === "shard-taken") {
      state.blockedBy = await shardHolders(session, recorder.holdersSql?.(state.ledger));
    }
    const conditions: AttemptConditions = {
      shard: state.shard,
      durationMs,
      isTransaction: this.#isTransaction(version),
      isRepeatable: isRepeatable(this.#options.stepScript(version)),
      alone,
      interrupted: signal.aborted,
      retryForMs,
      random: random(),
    };
    const { decision, tried } = afterAttempt(state.tried, attempted, conditions);
    if (attempted.type === "failed" && needsFewerSlots(attempted, conditions)) {
      const slots = this.#schedule.runningOn(chain) - 1;
      this.#slots.limit(state.node, slots, wordsAndHint(attempted.error));
    }
    state.tried = tried;
    if (decision.type === "read-ledger") {
      await this.#replan(chain, state, version, session);
    } else if (decision.type === "interrupted") {
      this.#endings.interrupted(chain, state);
    } else {
      this.#retryOrEnd(chain, state, version, decision);
    }
  }

  /** The version of the chain is tried again, after others of its node and not before `delayMs` from now. */
  putBack(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    { reason, delayMs }: { readonly reason: RequeueReason; readonly delayMs: number },
  ): void {
    this.#schedule.requeue(chain, { notBeforeMs: this.#options.now() + delayMs });
    this.#options.emit(requeuedEvent(state, version, { reason, delayMs }));
  }

  #retryOrEnd(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    decision: RetryDecision,
  ): void {
    if (decision.type === "failed") {
      const { error, durationMs } = decision;
      this.#endings.failed(chain, state, { version, error, durationMs });
    } else {
      this.putBack(chain, state, version, decision);
    }
  }

  #isTransaction(version: string): boolean {
    return this.#options.stepScript(version).transaction === "wrapped";
  }

  /** The ledger is not the one that the chain was planned from: goes on from the one that is there. */
  async #replan(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    session: Session,
  ): Promise<void> {
    try {
      await this.#goOnFromLedger(chain, state, version, session);
    } catch (error) {
      // The ledger is there, and can be read once the node is back.
      if (isBug(error)) {
        throw error;
      }
      if (session.lost || isConnectionLoss(error)) {
        const { retryForMs, random } = this.#options;
        const conditions = { retryForMs, random: random() };
        const { decision, tried } = afterPause(state.tried, "connection-lost", error, conditions);
        state.tried = tried;
        this.#retryOrEnd(chain, state, version, decision);
      } else {
        this.#endings.failed(chain, state, { version, error, durationMs: 0 });
      }
    }
  }

  async #goOnFromLedger(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    session: Session,
  ): Promise<void> {
    const { emit, recorder, onCommit } = this.#options;
    const { node, shard } = state;
    await session.ready();
    const serverStartedAt = session.opened?.serverStartedAt;
    const replanned = await recorder.replan(session.client, state.ledger, node);
    const { ledger, pending } = replanned;
    const decision = afterLedgerChange(
      {
        ...state,
        done: state.done ?? new Map(),
        inDoubt: state.tried.inDoubt !== undefined,
        isTransaction: this.#isTransaction(version),
      },
      { ...replanned, serverStartedAt },
    );
    if (decision.type === "taken-away") {
      this.#endings.takenAway(chain, state, decision.versions);
      return;
    }
    if (decision.type === "unsettled") {
      const error = ledgerUnsettledError({ shard, version });
      this.#endings.failed(chain, state, { version, error, durationMs: 0 });
      return;
    }
    const { unsettled, done, vanished } = decision;
    Object.assign(state, { ledger, unsettled });
    if (done.length > 0 || vanished.length > 0) {
      advance(state, pending);
    }
    this.#schedule.requeue(chain, { notBeforeMs: 0, versions: pending });
    const step = { node: node.label, shard };
    for (const gone of vanished) {
      emit({ type: "step:vanished", ...step, ...gone });
    }
    for (const { version: name, by } of done) {
      if (by === "us") {
        noteCommit(state, name, serverStartedAt);
        onCommit?.(node, serverStartedAt);
        emit({ type: "step:done", ...step, version: name, durationMs: 0 });
      } else {
        emit({ type: "step:already-done", ...step, version: name });
      }
    }
  }
}
