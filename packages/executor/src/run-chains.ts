import type { Blocker, RequeueReason } from "@pg-mig/report";
import type { Session, SessionNode, SessionWork } from "@pg-mig/sessions";
import {
  type AcquireSessionOptions,
  acquireSession,
  errorInfo,
  isBug,
  isConnectionLoss,
  isInterruption,
  isOutOfMemory,
  lockTimeoutMs,
  parseBlockers,
  retryPauseMs,
  retryReason,
  serverWords,
  whoIsSql,
} from "@pg-mig/sessions";
import { type AttemptResult, attemptStep, checkStep, type StepAttempt } from "./attempt-step.js";
import { shardTakenError } from "./blocked.js";
import { abandonedEvent, failedEvent, requeuedEvent } from "./chain-events.js";
import { ChainSchedule } from "./chain-schedule.js";
import { advance, type ChainState, type ChainToRun, createChainState } from "./chain-state.js";
import { entryLostError, ledgerUnsettledError } from "./ledger-trouble.js";
import { type ScriptEnvironment, scriptOptions } from "./script-environment.js";
import type { StepRecorder } from "./step-recorder.js";
import type { StepScript } from "./step-script.js";

export interface RunChainsOptions<L> extends ScriptEnvironment {
  readonly recorder: StepRecorder<L>;
  /** The script of a version; called for versions of the chains only. */
  readonly stepScript: (version: string) => StepScript;
  /** Chains in flight per node. */
  readonly parallelism: number;
  /** The longest that a statement waits for a lock before its version is put back, in milliseconds. */
  readonly lockTimeoutMs: number;
  /**
   * For how long a version that was put back is tried again, in milliseconds. Attempts and the pauses
   * behind them count; that others had the slots of its node meanwhile does not. For so long, too, may
   * one that runs outside of a transaction wait for others, if a `SessionWatch` looks on.
   */
  readonly retryForMs: number;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  /** Told of each commit, and when its server was started, as the session has it. */
  readonly onCommit?: (node: SessionNode, serverStartedAt: string | undefined) => void;
  /** When it aborts: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal: AbortSignal;
}

/** How often a version is tried again whose connection broke: some files end their own session. */
const maxConnectionLosses = 3;

/** How often a version is tried again that finds another ledger in its own transaction. */
const maxUnsettled = 3;

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
  readonly #options: RunChainsOptions<L>;
  readonly #schedule: ChainSchedule;
  readonly #states = new Map<string, ChainState<L>>();
  /** The nodes of which fewer shards run at a time than was asked for. */
  readonly #limited = new Set<string>();
  #running = 0;
  /** What the run is ended for: nothing starts any more, what runs goes on to its end. */
  #bug: { readonly reason: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (bug: unknown) => void } | undefined;

  constructor(chains: readonly ChainToRun<L>[], options: RunChainsOptions<L>) {
    this.#options = options;
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
  }

  async run(): Promise<void> {
    const { signal, sessions } = this.#options;
    const onAbort = () => {
      void sessions.cancelAll();
      this.#pump();
    };
    signal.addEventListener("abort", onAbort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#pump();
      });
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(this.#timer);
    }
  }

  /** Starts all that may start now, and sees to it that this is called again in time. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#options.signal.aborted || this.#bug !== undefined) {
      this.#abandon("interrupted");
    } else {
      for (let step = this.#schedule.take(Date.now()); step !== undefined; ) {
        this.#running++;
        const { chain } = step;
        this.#runStep(chain)
          .catch((bug: unknown) => this.#endOnBug(chain, bug))
          .then(() => {
            this.#running--;
            this.#pump();
          });
        step = this.#schedule.take(Date.now());
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
      this.#timer = setTimeout(() => this.#pump(), Math.max(0, timerMs - Date.now()));
    }
  }

  async #runStep(id: string): Promise<void> {
    const state = this.#states.get(id);
    const version = state?.versions[0];
    if (state === undefined || version === undefined) {
      throw new Error(`No step to run: ${id}`);
    }
    const { node, shard } = state;
    const { emit, sessions, signal } = this.#options;
    const startedAtMs = Date.now();
    emit({ type: "step:start", node: node.label, shard, version });
    const step = this.#options.stepScript(version);
    let session: Session;
    let crowded = false;
    const onCrowded = (busy: number, { message }: Error) => {
      crowded = true;
      this.#limitSlots(state, busy, message);
    };
    try {
      session = await this.#acquire(state, version, step, onCrowded);
    } catch (error) {
      if (isBug(error)) {
        throw error;
      }
      if (crowded) {
        this.#putBack(id, state, version, { reason: "no-connection", delayMs: 0 });
      } else {
        this.#endUnreached(id, state);
      }
      return;
    }
    const alone = this.#schedule.runsAlone(id);
    try {
      if (signal.aborted) {
        // The abort came while the session was being opened, and found nothing there to cancel.
        this.#endChain(id, state, "interrupted");
        return;
      }
      const { file } = step.script;
      const attempt: StepAttempt<L> = {
        shard,
        version,
        ledger: state.ledger,
        step,
        lockTimeoutMs: lockTimeoutMs(state.attempts, this.#options.lockTimeoutMs),
        recorder: this.#options.recorder,
        scriptOptions: scriptOptions(this.#options, session, {
          node: node.label,
          shard,
          version,
          file,
        }),
      };
      const result = state.givenUp
        ? await checkStep(session, attempt)
        : await attemptStep(session, attempt);
      state.attempts++;
      if (session.blockedBy.length > 0) {
        state.blockedBy = session.blockedBy;
      }
      const durationMs = Date.now() - startedAtMs;
      state.triedForMs += durationMs;
      if (result.type !== "refused") {
        const serverStartedAt = session.opened?.serverStartedAt;
        this.#settleStep(id, state, version, { ...result, durationMs, alone, serverStartedAt });
      } else if (result.reason === "ledger-changed") {
        await this.#replan(id, state, version, session);
      } else {
        state.blockedBy = await this.#holders(session, state.ledger);
        this.#requeue(id, state, version, "shard-taken");
      }
    } finally {
      sessions.release(session);
    }
  }

  #settleStep(id: string, state: ChainState<L>, version: string, result: EndedAttempt<L>): void {
    const { emit, signal } = this.#options;
    const { durationMs } = result;
    const step = { node: state.node.label, shard: state.shard, version };
    switch (result.type) {
      case "committed":
        state.ledger = result.ledger;
        this.#noteCommit(state, version, result.serverStartedAt);
        advance(state, state.versions.slice(1));
        // Of thousands of shards, those that are through need no memory.
        if (state.versions.length === 0) {
          this.#states.delete(id);
        }
        this.#schedule.done(id, Date.now());
        emit({ type: "step:done", ...step, durationMs });
        return;
      case "absent": {
        const error = state.inDoubt;
        state.inDoubt = undefined;
        this.#endFailed(id, state, version, error, durationMs);
        return;
      }
      case "lost":
      case "in-doubt":
        if (result.type === "in-doubt") {
          state.inDoubt = result.error;
        }
        state.connectionLosses++;
        state.givenUp = state.connectionLosses > maxConnectionLosses;
        // What a file that is no transaction has done by halves is for its author to look at.
        if (state.inDoubt === undefined && (state.givenUp || !this.#isTransaction(version))) {
          this.#endFailed(id, state, version, result.error, durationMs);
        } else {
          this.#requeue(id, state, version, "connection-lost", result.error);
        }
        return;
      case "failed": {
        if (signal.aborted && isInterruption(result.error)) {
          this.#endChain(id, state, "interrupted");
          return;
        }
        const { error } = result;
        const reason = retryReason(error);
        if (!this.#isTransaction(version)) {
          this.#endFailed(id, state, version, error, durationMs);
        } else if (isOutOfMemory(error) && !result.alone) {
          this.#limitSlots(state, this.#schedule.runningOn(id) - 1, messageOf(error));
          this.#requeue(id, state, version, "out-of-memory", error);
        } else if (reason === undefined) {
          this.#endFailed(id, state, version, error, durationMs);
        } else {
          this.#requeue(id, state, version, reason, error);
        }
      }
    }
  }

  #isTransaction(version: string): boolean {
    return this.#options.stepScript(version).transaction === "wrapped";
  }

  /** Puts a chain back into its node's queue, or ends it where its time for that is spent. */
  #requeue(
    id: string,
    state: ChainState<L>,
    version: string,
    reason: Exclude<RequeueReason, "ledger-changed" | "no-connection">,
    error: unknown = shardTakenError(state.shard),
  ): void {
    if (state.triedForMs >= this.#options.retryForMs) {
      this.#endFailed(id, state, version, error, state.triedForMs);
      return;
    }
    const delayMs = retryPauseMs(reason, state.attempts, Math.random());
    state.triedForMs += delayMs;
    this.#putBack(id, state, version, { reason, delayMs });
  }

  #putBack(
    id: string,
    state: ChainState<L>,
    version: string,
    { reason, delayMs }: { readonly reason: RequeueReason; readonly delayMs: number },
  ): void {
    this.#schedule.requeue(id, { notBeforeMs: Date.now() + delayMs });
    this.#options.emit(requeuedEvent(state, version, { reason, delayMs }));
  }

  /** Runs fewer shards of a node at a time from now on, since its server has no room for more. */
  #limitSlots({ node }: ChainState<L>, slots: number, why: string): void {
    const left = this.#schedule.limitSlots(node.name, slots);
    if (this.#limited.has(node.name)) {
      return;
    }
    this.#limited.add(node.name);
    const fewer = left === 1 ? "one shard at a time" : `at most ${left} shards at a time`;
    const message = `Fewer shards run at once on ${node.label} from now on (${fewer}): ${why}`;
    this.#options.emit({ type: "note", message });
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
      const done = state.versions.filter((name) => !pending.includes(name));
      const vanished = pending.filter((name) => !state.versions.includes(name));
      // A commit that got no answer has happened.
      const doneByUs = state.inDoubt === undefined ? undefined : version;
      // On the same server, nothing that was committed is lost: somebody took the entries away.
      const gone = vanished.filter(
        (name) => state.done.has(name) && isSameServer(state.done.get(name), serverStartedAt),
      );
      if (gone.length > 0) {
        this.#endGone(id, state, gone);
        return;
      }
      if (
        !replanned.changed &&
        ++state.unsettled > (this.#isTransaction(version) ? maxUnsettled : 0)
      ) {
        const error = ledgerUnsettledError({ shard: state.shard, version });
        this.#endFailed(id, state, version, error, 0);
        return;
      }
      state.ledger = ledger;
      if (done.length > 0 || vanished.length > 0) {
        advance(state, pending);
      }
      this.#schedule.requeue(id, { notBeforeMs: 0, versions: pending });
      for (const name of vanished) {
        const doneBy = state.done.has(name) ? "this-run" : "earlier-run";
        emit({ type: "step:vanished", ...step, version: name, doneBy });
      }
      for (const name of done) {
        if (name === doneByUs) {
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
      const lost = session.lost || isConnectionLoss(error);
      if (lost) {
        this.#requeue(id, state, version, "connection-lost", error);
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
    this.#options.emit(failedEvent(state, version, { error, notAttempted, durationMs }));
  }

  #noteCommit(state: ChainState<L>, version: string, serverStartedAt: string | undefined): void {
    state.done.set(version, serverStartedAt);
    this.#options.onCommit?.(state.node, serverStartedAt);
  }

  /** What this run has committed is not run again, nor is what comes after it. */
  #endGone(id: string, state: ChainState<L>, gone: readonly string[]): void {
    this.#schedule.fail(id);
    const { node, shard, versions } = state;
    for (const [index, version] of gone.entries()) {
      const step = { node: node.label, shard, version };
      const error = errorInfo(entryLostError(step), step);
      const notAttempted = index === 0 ? versions : [];
      this.#options.emit({ type: "step:vanished", ...step, doneBy: "this-run" });
      this.#options.emit({ type: "step:failed", ...step, error, notAttempted, durationMs: 0 });
    }
  }

  /** The node is not waited for any more: ends this chain and those that wait for the node. */
  #endUnreached(id: string, state: ChainState<L>): void {
    this.#endChain(id, state, this.#options.signal.aborted ? "interrupted" : "node-lost");
    this.#abandon("node-lost", state.node.name);
  }

  #endChain(id: string, state: ChainState<L>, reason: "interrupted" | "node-lost"): void {
    this.#schedule.fail(id);
    this.#options.emit(abandonedEvent(state, state.versions, reason));
  }

  #abandon(reason: "interrupted" | "node-lost", node?: string): void {
    for (const { chain, notAttempted } of this.#schedule.abandon(node)) {
      const state = this.#states.get(chain);
      if (state !== undefined) {
        this.#options.emit(abandonedEvent(state, notAttempted, reason));
      }
    }
  }

  /** Who has taken a shard; nobody, if that cannot be found out. */
  async #holders(session: Session, ledger: L): Promise<readonly Blocker[]> {
    const pidsSql = this.#options.recorder.holdersSql?.(ledger);
    if (pidsSql === undefined) {
      return [];
    }
    try {
      await session.ready();
      return parseBlockers((await session.client.query(whoIsSql(pidsSql))).rows);
    } catch {
      // It would only have been good to know. A connection that broke is met by the next attempt.
      return [];
    }
  }

  #acquire(
    state: ChainState<L>,
    version: string,
    step: StepScript,
    onCrowded: AcquireSessionOptions["onCrowded"] & {},
  ): Promise<Session> {
    const { node, shard } = state;
    const { retryForMs: waitLimitMs, lockTimeoutMs: obstructLimitMs } = this.#options;
    // A lock timeout would break what runs outside of a transaction: the watch has patience instead.
    const patient = step.transaction !== "wrapped" && step.limits.lockTimeoutMs === undefined;
    const limits = patient ? { waitLimitMs, obstructLimitMs } : {};
    const work: SessionWork = { shard, version, ...limits };
    return acquireSession(node, work, { ...this.#options, onCrowded });
  }
}

/** How an attempt ended that was not refused. */
type EndedAttempt<L> = (
  | Exclude<AttemptResult<L>, { type: "refused" }>
  | { readonly type: "absent" }
) & {
  readonly durationMs: number;
  /** Whether nothing else of this run could run on its node meanwhile. */
  readonly alone: boolean;
  /** When the server was started that it ran on. */
  readonly serverStartedAt: string | undefined;
};

/** Whether nothing can have been lost between two looks at a server. What is not known says nothing. */
export function isSameServer(before: string | undefined, now: string | undefined): boolean {
  return before === undefined || now === undefined || before === now;
}

function messageOf(error: unknown): string {
  const words = serverWords(error);
  return [words?.message ?? String(error), ...(words?.hint === undefined ? [] : [words.hint])].join(
    ". ",
  );
}
