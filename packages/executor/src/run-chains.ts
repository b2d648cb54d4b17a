import { PgMigError } from "@pg-mig/errors";
import { type AttemptResult, attemptStep, checkStep, type StepAttempt } from "./attempt-step.js";
import { ChainSchedule } from "./chain-schedule.js";
import { advance, type ChainState, type ChainToRun, createChainState } from "./chain-state.js";
import { errorInfo } from "./error-info.js";
import type { ExecutorNode } from "./executor-client.js";
import { pause } from "./pause.js";
import { lockTimeoutMs, retryPauseMs } from "./retry-pause.js";
import type { RequeueReason } from "./run-event.js";
import { type ScriptEnvironment, scriptOptions } from "./script-environment.js";
import { isInterruption, retryReason } from "./server-error.js";
import type { Session } from "./session.js";
import type { SessionPool } from "./session-pool.js";
import type { StepRecorder } from "./step-recorder.js";
import type { StepScript } from "./step-script.js";

export interface RunChainsOptions<L> extends ScriptEnvironment {
  readonly sessions: SessionPool;
  readonly recorder: StepRecorder<L>;
  /** The script of a version; called for versions of the chains only. */
  readonly stepScript: (version: string) => StepScript;
  /** Chains in flight per node. */
  readonly parallelism: number;
  /** The longest that a statement waits for a lock before its version is put back, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** For how long a version that was put back is tried again, in milliseconds. */
  readonly retryForMs: number;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  /** When it aborts: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal: AbortSignal;
}

/** How often a version is tried again whose connection broke: some files end their own session. */
const MAX_CONNECTION_LOSSES = 3;

/**
 * Runs chains to their ends: in parallel over nodes and shards, each version all or nothing, under
 * the limits of the versions. Resolves when every chain has ended; what became of each is told by
 * events. A version that fails ends its own chain only.
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
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (bug: unknown) => void } | undefined;

  constructor(chains: readonly ChainToRun<L>[], options: RunChainsOptions<L>) {
    this.#options = options;
    const versions = new Set<string>();
    const scheduled = chains.map((chain) => {
      const { node, shard } = chain;
      const id = JSON.stringify([node.name, shard]);
      this.#states.set(id, createChainState(chain));
      for (const version of chain.versions) versions.add(version);
      return { id, node: node.name, host: node.host, versions: chain.versions };
    });
    this.#schedule = new ChainSchedule(scheduled, {
      parallelism: options.parallelism,
      limits: new Map([...versions].map((name) => [name, options.stepScript(name).limits])),
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
    if (this.#options.signal.aborted) this.#abandon("interrupted");
    else {
      for (let step = this.#schedule.take(Date.now()); step !== undefined; ) {
        this.#running++;
        this.#runStep(step.chain).then(
          () => {
            this.#running--;
            this.#pump();
          },
          (bug: unknown) => this.#settle?.reject(bug),
        );
        step = this.#schedule.take(Date.now());
      }
    }
    if (this.#schedule.finished && this.#running === 0) this.#settle?.resolve();
    const timerMs = this.#schedule.nextTimerMs();
    if (timerMs !== undefined && !this.#schedule.finished) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(0, timerMs - Date.now()));
    }
  }

  async #runStep(id: string): Promise<void> {
    const state = this.#states.get(id);
    const version = state?.versions[0];
    if (state === undefined || version === undefined) throw new Error(`No step to run: ${id}`);
    const { node, shard } = state;
    const { emit, sessions, signal } = this.#options;
    const startedAtMs = Date.now();
    if (state.attempts === 0) state.firstAttemptMs = startedAtMs;
    emit({ type: "step:start", node: node.label, shard, version });
    let session: Session;
    try {
      session = await this.#acquire(node);
    } catch (error) {
      this.#endUnreached(id, state, error);
      return;
    }
    try {
      if (signal.aborted) {
        // The abort came while the session was being opened, and found nothing there to cancel.
        this.#endChain(id, state, "interrupted");
        return;
      }
      const step = this.#options.stepScript(version);
      const attempt: StepAttempt<L> = {
        shard,
        version,
        ledger: state.ledger,
        step,
        lockTimeoutMs: lockTimeoutMs(state.attempts, this.#options.lockTimeoutMs),
        recorder: this.#options.recorder,
        scriptOptions: scriptOptions(this.#options, {
          node: node.label,
          shard,
          version,
          file: step.script.file,
        }),
      };
      const result = state.givenUp
        ? await checkStep(session, attempt)
        : await attemptStep(session, attempt);
      state.attempts++;
      const durationMs = Date.now() - startedAtMs;
      if (result.type === "refused" && result.reason === "ledger-changed") {
        await this.#replan(id, state, version, session);
      } else this.#settleStep(id, state, version, result, durationMs);
    } finally {
      sessions.release(session);
    }
  }

  #settleStep(
    id: string,
    state: ChainState<L>,
    version: string,
    result: AttemptResult<L> | { readonly type: "absent" },
    durationMs: number,
  ): void {
    const { emit, signal } = this.#options;
    const step = { node: state.node.label, shard: state.shard, version };
    switch (result.type) {
      case "committed":
        state.ledger = result.ledger;
        advance(state, state.versions.slice(1));
        this.#schedule.done(id, Date.now());
        emit({ type: "step:done", ...step, durationMs });
        return;
      case "refused":
        this.#requeue(id, state, version, "shard-taken");
        return;
      case "absent": {
        const error = state.inDoubt;
        state.inDoubt = undefined;
        this.#endFailed(id, state, version, error, durationMs);
        return;
      }
      case "lost":
      case "in-doubt":
        if (result.type === "in-doubt") state.inDoubt = result.error;
        state.connectionLosses++;
        state.givenUp = state.connectionLosses > MAX_CONNECTION_LOSSES;
        // What a file that is no transaction has done by halves is for its author to look at.
        if (state.inDoubt === undefined && (state.givenUp || !this.#isTransaction(version))) {
          this.#endFailed(id, state, version, result.error, durationMs);
        } else this.#requeue(id, state, version, "connection-lost", result.error);
        return;
      case "failed": {
        if (signal.aborted && isInterruption(result.error)) {
          this.#endChain(id, state, "interrupted");
          return;
        }
        const reason = retryReason(result.error);
        if (reason === undefined || !this.#isTransaction(version)) {
          this.#endFailed(id, state, version, result.error, durationMs);
        } else this.#requeue(id, state, version, reason, result.error);
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
    reason: Exclude<RequeueReason, "ledger-changed">,
    error: unknown = shardTakenError(state.shard),
  ): void {
    const now = Date.now();
    if (now - state.firstAttemptMs >= this.#options.retryForMs) {
      this.#endFailed(id, state, version, error, now - state.firstAttemptMs);
      return;
    }
    const delayMs = retryPauseMs(reason, state.attempts, Math.random());
    this.#schedule.requeue(id, { notBeforeMs: now + delayMs });
    const { node, shard, attempts: attempt } = state;
    const step = { node: node.label, shard, version };
    this.#options.emit({ type: "step:requeued", ...step, reason, attempt, delayMs });
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
      const { ledger, pending } = await recorder.replan(session.client, state.ledger, step.node);
      const done = state.versions.filter((name) => !pending.includes(name));
      // A commit that got no answer has happened.
      const doneByUs = state.inDoubt === undefined ? undefined : version;
      state.ledger = ledger;
      if (done.length > 0) advance(state, pending);
      this.#schedule.requeue(id, { notBeforeMs: 0, versions: pending });
      for (const name of done) {
        if (name === doneByUs) emit({ type: "step:done", ...step, version: name, durationMs: 0 });
        else emit({ type: "step:already-done", ...step, version: name });
      }
    } catch (error) {
      this.#endFailed(id, state, version, error, 0);
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
    const step = { node: state.node.label, shard: state.shard, version };
    if (state.inDoubt === undefined) {
      const info = errorInfo(error, step);
      this.#options.emit({ type: "step:failed", ...step, error: info, notAttempted, durationMs });
    } else this.#emitInDoubt(state, version, notAttempted);
  }

  /** The node cannot be reached any more: ends this chain and those that wait for the node. */
  #endUnreached(id: string, state: ChainState<L>, error: unknown): void {
    if (this.#options.signal.aborted) this.#endChain(id, state, "interrupted");
    else {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.emit({ type: "warning", node: state.node.label, message });
      this.#endChain(id, state, "node-lost");
    }
    this.#abandon("node-lost", state.node.name);
  }

  #endChain(id: string, state: ChainState<L>, reason: "interrupted" | "node-lost"): void {
    this.#schedule.fail(id);
    this.#emitAbandoned(state, state.versions, reason);
  }

  #abandon(reason: "interrupted" | "node-lost", node?: string): void {
    for (const { chain, notAttempted } of this.#schedule.abandon(node)) {
      const state = this.#states.get(chain);
      if (state !== undefined) this.#emitAbandoned(state, notAttempted, reason);
    }
  }

  #emitAbandoned(
    state: ChainState<L>,
    notAttempted: readonly string[],
    reason: "interrupted" | "node-lost",
  ): void {
    const [version, ...later] = notAttempted;
    if (state.inDoubt !== undefined && version !== undefined) {
      this.#emitInDoubt(state, version, later);
      return;
    }
    const { node, shard } = state;
    const event = {
      type: "chain:abandoned",
      node: node.label,
      shard,
      notAttempted,
      reason,
    } as const;
    this.#options.emit(event);
  }

  #emitInDoubt(
    { node, shard, inDoubt }: ChainState<L>,
    version: string,
    notAttempted: readonly string[],
  ): void {
    const step = { node: node.label, shard, version };
    const error = errorInfo(inDoubt, step);
    this.#options.emit({ type: "step:in-doubt", ...step, error, notAttempted });
  }

  /** Opens or takes a session, waiting for a node that is away for a while. */
  async #acquire(node: ExecutorNode) {
    const { sessions, reconnectForMs, signal } = this.#options;
    const startedAtMs = Date.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return await sessions.acquire(node);
      } catch (error) {
        const code = error instanceof PgMigError ? error.code : undefined;
        const busy = sessions.busyOn(node);
        if (code === "TOO_MANY_CONNECTIONS" && busy > 0) this.#schedule.limitSlots(node.name, busy);
        if (signal.aborted || Date.now() - startedAtMs >= reconnectForMs) throw error;
        await pause(retryPauseMs("connection-lost", Math.min(attempt, 4), 1), signal);
      }
    }
  }
}

function shardTakenError(shard: string): PgMigError {
  return new PgMigError(`Another run works on shard "${shard}" and did not let go of it.`, {
    code: "SHARD_TAKEN",
    hint: "Let the other run finish, then run pg-mig again.",
  });
}
