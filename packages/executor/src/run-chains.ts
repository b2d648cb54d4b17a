import type { RequeueReason } from "@pg-mig/report";
import {
  acquireSession,
  isBug,
  isConnectionLoss,
  lockTimeoutMs,
  type Session,
  type SessionNode,
  type SessionWork,
} from "@pg-mig/sessions";
import {
  type AttemptConditions,
  type Attempted,
  afterAttempt,
  afterPause,
  needsFewerSlots,
  type RetryDecision,
} from "./after-attempt.js";
import { afterLedgerChange } from "./after-ledger-change.js";
import { attemptStep, type CommittedAttempt, checkStep, type StepAttempt } from "./attempt-step.js";
import { ChainEndings } from "./chain-endings.js";
import { requeuedEvent } from "./chain-events.js";
import { ChainSchedule } from "./chain-schedule.js";
import { advance, type ChainState, type ChainToRun, createChainState } from "./chain-state.js";
import { ledgerUnsettledError } from "./ledger-trouble.js";
import { loopBusyMs } from "./loop-busy.js";
import { NodeSlots } from "./node-slots.js";
import { nodesAndVersions } from "./nodes-and-versions.js";
import type { RunChainsOptions } from "./run-chains-options.js";
import { scriptOptions } from "./script-environment.js";
import { shardHolders } from "./shard-holders.js";
import { isRepeatable } from "./step-script.js";
import { wordsAndHint } from "./words-and-hint.js";

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

/** How an attempt at a version has ended. */
interface EndedAttempt {
  readonly session: Session;
  readonly durationMs: number;
  /** Whether nothing else of this run could run on its node meanwhile. */
  readonly alone: boolean;
}

class ChainRun<L> {
  readonly #options: RunChainsOptions<L> & Required<Pick<RunChainsOptions<L>, "now" | "random">>;
  readonly #schedule: ChainSchedule<ChainToRun<L>>;
  /** Of the chains that have begun and not ended: of a million, the others need none. */
  readonly #states = new Map<ChainToRun<L>, ChainState<L>>();
  readonly #nodes: readonly SessionNode[];
  readonly #slots: NodeSlots;
  readonly #endings: ChainEndings<L>;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (bug: unknown) => void } | undefined;

  constructor(chains: readonly ChainToRun<L>[], options: RunChainsOptions<L>) {
    this.#options = { now: Date.now, random: Math.random, ...options };
    const { nodes, versions } = nodesAndVersions(chains);
    this.#nodes = nodes;
    this.#schedule = new ChainSchedule(chains, {
      parallelism: options.parallelism,
      limits: new Map(
        versions.map((name) => {
          const { limits, mayRunBeside } = options.stepScript(name);
          return [name, { ...limits, mayRunBeside }];
        }),
      ),
    });
    this.#endings = new ChainEndings(this.#schedule, this.#states, {
      ...options,
      chains: chains.length,
    });
    this.#slots = new NodeSlots(this.#schedule, this.#nodes, {
      parallelism: options.parallelism,
      maxSessions: options.maxSessions,
      onSpare: (node) => void options.sessions.closeIdle(node),
      now: this.#options.now,
      busyMs: options.busyMs ?? loopBusyMs,
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
      // Their ledgers were read, or they had a wave before.
      const spare = this.#slots.toClose(sessions.idleOn);
      await Promise.all(spare.map((node) => sessions.closeIdle(node)));
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
      nodes: this.#nodes,
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
    const { whyEnded } = this.#endings;
    if (whyEnded !== undefined) {
      this.#endings.abandon(whyEnded);
    } else {
      for (let step = this.#schedule.take(this.#options.now()); step !== undefined; ) {
        this.#running++;
        void this.#runStep(step.chain);
        step = this.#schedule.take(this.#options.now());
      }
    }
    if (this.#schedule.finished && this.#running === 0) {
      const { bug } = this.#endings;
      if (bug === undefined) {
        this.#settle?.resolve();
      } else {
        this.#settle?.reject(bug.reason);
      }
    }
    const timerMs = this.#schedule.nextTimerMs();
    if (timerMs !== undefined && !this.#schedule.finished) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(0, timerMs - this.#options.now()));
    }
  }

  /** Runs the next version of a chain, and starts what may start after it. Never rejects. */
  async #runStep(chain: ChainToRun<L>): Promise<void> {
    try {
      const state = this.#stateOf(chain);
      const [version] = state.versions;
      if (version === undefined) {
        throw new Error(`No step to run on ${state.shard}`);
      }
      const startedAtMs = this.#options.now();
      const { node, shard } = state;
      this.#options.emit({ type: "step:start", node: node.label, shard, version });
      const acquired = this.#acquire(chain, state, version);
      // Nothing is awaited that is there already: each time costs a part of all that a step costs.
      const session = acquired instanceof Promise ? await acquired : acquired;
      if (session !== undefined) {
        const alone = this.#schedule.runsAlone(chain);
        this.#slots.began(node.name);
        try {
          if (this.#options.signal.aborted) {
            // The abort came while the session was being opened, and found nothing there to cancel.
            this.#endings.interrupted(chain, state);
          } else {
            const attempted = await this.#attempt(session, state, version);
            this.#slots.learn(node.name);
            const ended = { session, durationMs: this.#options.now() - startedAtMs, alone };
            if (attempted.type === "committed") {
              this.#endDone(chain, state, version, { ...ended, attempted });
            } else {
              await this.#afterVain(attempted, chain, state, version, ended);
            }
          }
        } finally {
          this.#options.sessions.release(session);
          this.#slots.left(node.name);
        }
      }
    } catch (bug) {
      this.#endings.onBug(chain, bug);
    }
    this.#running--;
    this.#pump();
  }

  #stateOf(chain: ChainToRun<L>): ChainState<L> {
    let state = this.#states.get(chain);
    if (state === undefined) {
      state = createChainState(chain);
      this.#states.set(chain, state);
    }
    return state;
  }

  #attempt(
    session: Session,
    state: ChainState<L>,
    version: string,
  ): Promise<CommittedAttempt<L> | Attempted> {
    const { node, shard, ledger, tried } = state;
    const step = this.#options.stepScript(version);
    const place = { node: node.label, shard, version };
    const attempt: StepAttempt<L> = {
      shard,
      version,
      ledger,
      step,
      lockTimeoutMs: lockTimeoutMs(tried.attempts, this.#options.lockTimeoutMs),
      recorder: this.#options.recorder,
      look: this.#options.look,
      scriptOptions: scriptOptions(this.#options, session, place, step.script.file),
    };
    return tried.givenUp ? checkStep(session, attempt) : attemptStep(session, attempt);
  }

  #endDone(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    {
      attempted: { ledger, seen },
      durationMs,
      session,
    }: EndedAttempt & { readonly attempted: CommittedAttempt<L> },
  ): void {
    const { node, shard } = state;
    if (seen !== undefined) {
      this.#options.look?.take({ node: node.label, shard, version }, seen);
    }
    state.ledger = ledger;
    const serverStartedAt = session.opened?.serverStartedAt;
    if (state.versions.length === 1) {
      // Of thousands of shards, those that are finished need no memory.
      this.#states.delete(chain);
      this.#options.onCommit?.(node, serverStartedAt);
    } else {
      this.#noteCommit(state, version, serverStartedAt);
      advance(state, state.versions.slice(1));
    }
    this.#schedule.done(chain, this.#options.now());
    this.#options.emit({ type: "step:done", node: node.label, shard, version, durationMs });
  }

  async #afterVain(
    attempted: Attempted,
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    { session, durationMs, alone }: EndedAttempt,
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

  #retryOrEnd(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    decision: RetryDecision,
  ): void {
    if (decision.type === "failed") {
      this.#endings.failed(chain, state, {
        version,
        error: decision.error,
        durationMs: decision.durationMs,
      });
      return;
    }
    this.#putBack(chain, state, version, decision);
  }

  #isTransaction(version: string): boolean {
    return this.#options.stepScript(version).transaction === "wrapped";
  }

  #putBack(
    chain: ChainToRun<L>,
    state: ChainState<L>,
    version: string,
    { reason, delayMs }: { readonly reason: RequeueReason; readonly delayMs: number },
  ): void {
    this.#schedule.requeue(chain, { notBeforeMs: this.#options.now() + delayMs });
    this.#options.emit(requeuedEvent(state, version, { reason, delayMs }));
  }

  /** The ledger is not the one that the chain was planned from: goes on from the one that is there. */
  async #replan(
    chain: ChainToRun<L>,
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
        this.#endings.takenAway(chain, state, decision.versions);
        return;
      }
      if (decision.type === "unsettled") {
        const error = ledgerUnsettledError({ shard: state.shard, version });
        this.#endings.failed(chain, state, { version, error, durationMs: 0 });
        return;
      }
      const { unsettled, done, vanished } = decision;
      Object.assign(state, { ledger, unsettled });
      if (done.length > 0 || vanished.length > 0) {
        advance(state, pending);
      }
      this.#schedule.requeue(chain, { notBeforeMs: 0, versions: pending });
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
        this.#retryOrEnd(chain, state, version, decision);
      } else {
        this.#endings.failed(chain, state, { version, error, durationMs: 0 });
      }
    }
  }

  #noteCommit(state: ChainState<L>, version: string, serverStartedAt: string | undefined): void {
    state.done ??= new Map();
    state.done.set(version, serverStartedAt);
    this.#options.onCommit?.(state.node, serverStartedAt);
  }

  /** Takes or opens a session for a step; `undefined`: there is none, and what becomes of the chain is told. */
  #acquire(
    chain: ChainToRun<L>,
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
        this.#putBack(chain, state, version, { reason: "no-connection", delayMs: 0 });
      } else {
        this.#endings.unreached(chain, state);
      }
      return undefined;
    });
  }
}
