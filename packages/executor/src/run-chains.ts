import type { StopAt } from "@pg-mig/model";
import type { AbandonedChain, RequeueReason } from "@pg-mig/report";
import type { Session, SessionNode, SessionWork } from "@pg-mig/sessions";
import {
  acquireSession,
  errorInfo,
  isBug,
  isConnectionLoss,
  lockTimeoutMs,
  serverWords,
} from "@pg-mig/sessions";
import {
  type AttemptConditions,
  afterAttempt,
  afterPause,
  needsFewerSlots,
  type RetryDecision,
} from "./after-attempt.js";
import { afterLedgerChange } from "./after-ledger-change.js";
import { attemptStep, checkStep, type StepAttempt } from "./attempt-step.js";
import { abandonedEvent, failedEvent, requeuedEvent } from "./chain-events.js";
import { ChainSchedule } from "./chain-schedule.js";
import { advance, type ChainState, type ChainToRun, createChainState } from "./chain-state.js";
import type { ChainThrottle } from "./chain-throttle.js";
import { FailureBudget } from "./failure-budget.js";
import { entryLostError, ledgerUnsettledError } from "./ledger-trouble.js";
import { NodeSlots } from "./node-slots.js";
import { type ScriptEnvironment, scriptOptions } from "./script-environment.js";
import { shardHolders } from "./shard-holders.js";
import type { StepLook } from "./step-look.js";
import type { StepRecorder } from "./step-recorder.js";
import { isRepeatable, type StepScript } from "./step-script.js";
import { whatStays } from "./what-stays.js";

export interface RunChainsOptions<L> extends ScriptEnvironment {
  readonly recorder: StepRecorder<L>;
  /** What is asked at the end of each step. @default nothing */
  readonly look?: StepLook<L> | undefined;
  /** The script of a version; called for versions of the chains only. */
  readonly stepScript: (version: string) => StepScript;
  /** How many chains of a node run at a time at the most: as many as make the steps of its server faster. */
  readonly parallelism: number;
  /** How many chains run at a time over all nodes at the most. */
  readonly maxSessions: number;
  /** The longest that a statement waits for a lock before its version is put back, in milliseconds. */
  readonly lockTimeoutMs: number;
  /**
   * For how long a version that was put back is tried again, in milliseconds. Attempts and the pauses
   * after them count; that others had the slots of its node meanwhile does not. For so long, too, may
   * one that runs outside of a transaction wait for others, if a `SessionWatch` looks on.
   */
  readonly retryForMs: number;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  /** Told of each commit, and when its server was started, as the session has it. */
  readonly onCommit?: (node: SessionNode, serverStartedAt: string | undefined) => void;
  /** When it aborts: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal: AbortSignal;
  /** When it aborts: nothing new starts, what runs goes on to its end. */
  readonly pause?: AbortSignal | undefined;
  /** When so many shards have failed, nothing new starts, and what runs goes on to its end. @default never */
  readonly stopAt?: StopAt | undefined;
  /** Holds the chains of single nodes for a while. @default nobody does */
  readonly throttle?: ChainThrottle | undefined;
  /** The time, in milliseconds. @default Date.now */
  readonly now?: () => number;
  /** A number in [0, 1), which spreads pauses. @default Math.random */
  readonly random?: () => number;
}

/** How often it is looked whether the steps of a node take long, in milliseconds. */
const lookEveryMs = 50;

/**
 * Runs chains to their ends: in parallel over nodes and shards, each version all or nothing, under
 * the limits of the versions. Resolves when every chain has ended; what became of each is told by
 * events. A version that fails ends its own chain only. Rejects with a bug of the tool, after what runs
 * has ended.
 */
export function runChains<L>(
  chains: readonly ChainToRun<L>[],
  options: RunChainsOptions<L>,
): Promise<void> {
  return new ChainRun(chains, options).run();
}

class ChainRun<L> {
  readonly #options: RunChainsOptions<L> & Required<Pick<RunChainsOptions<L>, "now" | "random">>;
  readonly #schedule: ChainSchedule;
  readonly #states = new Map<string, ChainState<L>>();
  readonly #slots: NodeSlots;
  readonly #budget: FailureBudget;
  #running = 0;
  /** What the run is ended for: nothing starts any more, what runs goes on to its end. */
  #bug: { readonly reason: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (bug: unknown) => void } | undefined;

  constructor(chains: readonly ChainToRun<L>[], options: RunChainsOptions<L>) {
    this.#options = { now: Date.now, random: Math.random, ...options };
    this.#budget = new FailureBudget(options.stopAt ?? {}, chains.length);
    const versions = new Set<string>();
    const scheduled = chains.map((chain) => {
      const { node, name } = chain.shard;
      const id = JSON.stringify([node.name, name]);
      this.#states.set(id, createChainState(chain));
      for (const version of chain.pending) {
        versions.add(version);
      }
      return { id, node: node.name, host: node.host, versions: chain.pending };
    });
    this.#schedule = new ChainSchedule(scheduled, {
      parallelism: options.parallelism,
      limits: new Map(
        [...versions].map((name) => {
          const { limits, mayRunBeside } = options.stepScript(name);
          return [name, { ...limits, mayRunBeside }];
        }),
      ),
    });
    const nodes = scheduled.map(({ node }) => node);
    this.#slots = new NodeSlots(this.#schedule, nodes, {
      parallelism: options.parallelism,
      maxSessions: options.maxSessions,
      onSpare: (node) => void options.sessions.closeIdle(node),
      now: this.#options.now,
      onLimit: (message) => options.emit({ type: "note", message }),
    });
  }

  async run(): Promise<void> {
    const { signal, pause, sessions } = this.#options;
    const onPause = () => this.#pump();
    const onAbort = () => {
      void sessions.cancelAll();
      this.#pump();
    };
    signal.addEventListener("abort", onAbort);
    const look = setInterval(() => {
      if (this.#slots.look()) {
        this.#pump();
      }
    }, lookEveryMs);
    pause?.addEventListener("abort", onPause);
    const endThrottle = this.#throttle();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#pump();
      });
    } finally {
      endThrottle?.();
      clearInterval(look);
      signal.removeEventListener("abort", onAbort);
      pause?.removeEventListener("abort", onPause);
      clearTimeout(this.#timer);
    }
  }

  #throttle(): (() => void) | undefined {
    const { throttle } = this.#options;
    return throttle?.begin({
      nodes: [...new Map([...this.#states.values()].map(({ node }) => [node.name, node])).values()],
      hold: ({ name }, held) => {
        this.#schedule.hold(name, held);
        if (!held) {
          this.#pump();
        }
      },
      leftOn: ({ name }) => this.#schedule.leftOn(name),
    });
  }

  /** Starts all that may start now, and sees to it that this is called again in time. */
  #pump(): void {
    clearTimeout(this.#timer);
    const ended = this.#whyEnded();
    if (ended !== undefined) {
      this.#abandon(ended);
    } else {
      for (let step = this.#schedule.take(this.#options.now()); step !== undefined; ) {
        this.#running++;
        void this.#runStep(step.chain);
        step = this.#schedule.take(this.#options.now());
      }
    }
    if (this.#schedule.finished && this.#running === 0) {
      if (this.#bug === undefined) {
        this.#settle?.resolve();
      } else {
        this.#settle?.reject(this.#bug.reason);
      }
    }
    const timerMs = this.#schedule.nextTimerMs();
    if (timerMs !== undefined && !this.#schedule.finished) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(0, timerMs - this.#options.now()));
    }
  }

  /** Runs the next version of a chain, and starts what may start after it. Never rejects. */
  async #runStep(id: string): Promise<void> {
    try {
      const state = this.#states.get(id);
      const version = state?.versions[0];
      if (state === undefined || version === undefined) {
        throw new Error(`No step to run: ${id}`);
      }
      const startedAtMs = this.#options.now();
      const { node, shard } = state;
      this.#options.emit({ type: "step:start", node: node.label, shard, version });
      const session = await this.#acquire(id, state, version);
      if (session !== undefined) {
        await this.#useSession(session, id, state, { version, startedAtMs });
      }
    } catch (bug) {
      this.#endOnBug(id, bug);
    }
    this.#running--;
    this.#pump();
  }

  async #useSession(
    session: Session,
    id: string,
    state: ChainState<L>,
    { version, startedAtMs }: { readonly version: string; readonly startedAtMs: number },
  ): Promise<void> {
    const { node, shard } = state;
    const { sessions, signal, now, random } = this.#options;
    const step = this.#options.stepScript(version);
    const alone = this.#schedule.runsAlone(id);
    this.#slots.began(node.name);
    try {
      if (signal.aborted) {
        // The abort came while the session was being opened, and found nothing there to cancel.
        this.#endChain(id, state, this.#whyEnded() ?? "interrupted");
        return;
      }
      const place = { node: node.label, shard, version };
      const attempt: StepAttempt<L> = {
        shard,
        version,
        ledger: state.ledger,
        step,
        lockTimeoutMs: lockTimeoutMs(state.tried.attempts, this.#options.lockTimeoutMs),
        recorder: this.#options.recorder,
        look: this.#options.look,
        scriptOptions: scriptOptions(this.#options, session, place, step.script.file),
      };
      const attempted = state.tried.givenUp
        ? await checkStep(session, attempt)
        : await attemptStep(session, attempt);
      this.#slots.learn(node.name);
      if ("seen" in attempted && attempted.seen !== undefined) {
        this.#options.look?.take(place, attempted.seen);
      }
      const durationMs = now() - startedAtMs;
      if (session.blockedBy.length > 0) {
        state.blockedBy = session.blockedBy;
      }
      if (attempted.type === "refused" && attempted.reason === "shard-taken") {
        state.blockedBy = await shardHolders(
          session,
          this.#options.recorder.holdersSql?.(state.ledger),
        );
      }
      const conditions: AttemptConditions = {
        shard,
        durationMs,
        isTransaction: this.#isTransaction(version),
        isRepeatable: isRepeatable(step),
        alone,
        interrupted: signal.aborted,
        retryForMs: this.#options.retryForMs,
        random: random(),
      };
      const { decision, tried } = afterAttempt(state.tried, attempted, conditions);
      if (attempted.type === "failed" && needsFewerSlots(attempted, conditions)) {
        this.#slots.limit(node, this.#schedule.runningOn(id) - 1, messageOf(attempted.error));
      }
      state.tried = tried;
      if (decision.type === "done") {
        state.ledger = decision.ledger;
        this.#endDone(id, state, version, { durationMs, session });
      } else if (decision.type === "read-ledger") {
        await this.#replan(id, state, version, session);
      } else if (decision.type === "interrupted") {
        this.#endChain(id, state, this.#whyEnded() ?? "interrupted");
      } else {
        this.#retryOrEnd(id, state, version, decision);
      }
    } finally {
      sessions.release(session);
      this.#slots.left(node.name);
    }
  }

  #endDone(
    id: string,
    state: ChainState<L>,
    version: string,
    { durationMs, session }: { readonly durationMs: number; readonly session: Session },
  ): void {
    const serverStartedAt = session.opened?.serverStartedAt;
    if (state.versions.length === 1) {
      // Of thousands of shards, those that are finished need no memory.
      this.#states.delete(id);
      this.#options.onCommit?.(state.node, serverStartedAt);
    } else {
      this.#noteCommit(state, version, serverStartedAt);
      advance(state, state.versions.slice(1));
    }
    this.#schedule.done(id, this.#options.now());
    const { node, shard } = state;
    this.#options.emit({ type: "step:done", node: node.label, shard, version, durationMs });
  }

  #retryOrEnd(id: string, state: ChainState<L>, version: string, decision: RetryDecision): void {
    if (decision.type === "failed") {
      this.#endFailed(id, state, version, decision.error, decision.durationMs);
      return;
    }
    this.#putBack(id, state, version, decision);
  }

  #isTransaction(version: string): boolean {
    return this.#options.stepScript(version).transaction === "wrapped";
  }

  #putBack(
    id: string,
    state: ChainState<L>,
    version: string,
    { reason, delayMs }: { readonly reason: RequeueReason; readonly delayMs: number },
  ): void {
    this.#schedule.requeue(id, { notBeforeMs: this.#options.now() + delayMs });
    this.#options.emit(requeuedEvent(state, version, { reason, delayMs }));
  }

  /** The ledger is not the one that the chain was planned from: goes on from the one that is there. */
  async #replan(
    id: string,
    state: ChainState<L>,
    version: string,
    session: Session,
  ): Promise<void> {
    const { emit, recorder } = this.#options;
    const step = { node: state.node.label, shard: state.shard };
    try {
      await session.ready();
      const serverStartedAt = session.opened?.serverStartedAt;
      const replanned = await recorder.replan(session.client, state.ledger, state.node);
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
        this.#endTakenAway(id, state, decision.versions);
        return;
      }
      if (decision.type === "unsettled") {
        const error = ledgerUnsettledError({ shard: state.shard, version });
        this.#endFailed(id, state, version, error, 0);
        return;
      }
      const { unsettled, done, vanished } = decision;
      Object.assign(state, { ledger, unsettled });
      if (done.length > 0 || vanished.length > 0) {
        advance(state, pending);
      }
      this.#schedule.requeue(id, { notBeforeMs: 0, versions: pending });
      for (const gone of vanished) {
        emit({ type: "step:vanished", ...step, ...gone });
      }
      for (const { version: name, by } of done) {
        if (by === "us") {
          this.#noteCommit(state, name, serverStartedAt);
          emit({ type: "step:done", ...step, version: name, durationMs: 0 });
        } else {
          emit({ type: "step:already-done", ...step, version: name });
        }
      }
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
        this.#retryOrEnd(id, state, version, decision);
      } else {
        this.#endFailed(id, state, version, error, 0);
      }
    }
  }

  #endOnBug(id: string, bug: unknown): void {
    this.#bug ??= { reason: bug };
    const state = this.#states.get(id);
    const version = state?.versions[0];
    if (state !== undefined && version !== undefined && this.#schedule.isRunning(id)) {
      this.#endFailed(id, state, version, bug, 0);
    }
  }

  #endFailed(
    id: string,
    state: ChainState<L>,
    version: string,
    error: unknown,
    durationMs: number,
  ): void {
    const notAttempted = this.#schedule.fail(id);
    const stays = whatStays(this.#options.stepScript(version), error);
    this.#options.emit(failedEvent(state, version, { error, notAttempted, durationMs, stays }));
    this.#countFailure(state);
  }

  #countFailure({ node }: ChainState<L>): void {
    const spent = this.#budget.fail(node.label);
    if (spent !== undefined) {
      this.#options.emit({ type: "budget:spent", ...spent });
    }
  }

  #noteCommit(state: ChainState<L>, version: string, serverStartedAt: string | undefined): void {
    state.done ??= new Map();
    state.done.set(version, serverStartedAt);
    this.#options.onCommit?.(state.node, serverStartedAt);
  }

  /** What this run has committed is not run again, nor is what comes after it. */
  #endTakenAway(id: string, state: ChainState<L>, taken: readonly string[]): void {
    this.#schedule.fail(id);
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

  /** The node is not waited for any more: ends this chain and those that wait for the node. */
  #endUnreached(id: string, state: ChainState<L>): void {
    this.#endChain(id, state, this.#whyEnded() ?? "node-lost");
    this.#abandon("node-lost", state.node.name);
  }

  /** Why nothing starts any more; `undefined`: it does. */
  #whyEnded(): "interrupted" | "bug" | "stopped" | "paused" | undefined {
    const { signal, pause } = this.#options;
    if (this.#bug !== undefined || (signal.aborted && isBug(signal.reason))) {
      return "bug";
    }
    if (signal.aborted) {
      return "interrupted";
    }
    return this.#budget.isSpent ? "stopped" : pause?.aborted ? "paused" : undefined;
  }

  #endChain(id: string, state: ChainState<L>, reason: AbandonedChain["reason"]): void {
    this.#schedule.fail(id);
    this.#options.emit(abandonedEvent(state, state.versions, reason));
  }

  #abandon(reason: AbandonedChain["reason"], node?: string): void {
    for (const { chain, notAttempted } of this.#schedule.abandon(node)) {
      const state = this.#states.get(chain);
      if (state !== undefined) {
        this.#options.emit(abandonedEvent(state, notAttempted, reason));
      }
    }
  }

  /** Takes or opens a session for a step; `undefined`: there is none, and what becomes of the chain is told. */
  #acquire(
    id: string,
    state: ChainState<L>,
    version: string,
  ): Session | Promise<Session | undefined> {
    const { node, shard } = state;
    const { sessions, reconnectForMs, signal } = this.#options;
    const { transaction, limits } = this.#options.stepScript(version);
    // A lock timeout would break what runs outside of a transaction: the watch has patience instead.
    const patient = transaction !== "wrapped" && limits.lockTimeoutMs === undefined;
    const work: SessionWork = {
      shard,
      version,
      waitLimitMs: patient ? this.#options.retryForMs : undefined,
      obstructLimitMs: patient ? this.#options.lockTimeoutMs : undefined,
    };
    let crowded = false;
    const onCrowded = (busy: number, { message }: Error) => {
      crowded = true;
      this.#slots.limit(node, busy, message);
    };
    const acquired = acquireSession(node, work, { sessions, reconnectForMs, signal, onCrowded });
    if (!(acquired instanceof Promise)) {
      return acquired;
    }
    return acquired.catch((error: unknown) => {
      if (isBug(error)) {
        throw error;
      }
      if (crowded) {
        this.#putBack(id, state, version, { reason: "no-connection", delayMs: 0 });
      } else {
        this.#endUnreached(id, state);
      }
      return undefined;
    });
  }
}

function messageOf(error: unknown): string {
  const words = serverWords(error);
  return [words?.message ?? String(error), ...(words?.hint === undefined ? [] : [words.hint])].join(
    ". ",
  );
}
