import { PgMigError } from "@pg-mig/errors";
import type { ScriptNotice } from "@pg-mig/psql-script";
import { type AttemptResult, attemptStep } from "./attempt-step.js";
import { ChainSchedule } from "./chain-schedule.js";
import { errorInfo } from "./error-info.js";
import type { ExecutorNode } from "./executor-client.js";
import { pause } from "./pause.js";
import { lockTimeoutMs, retryPauseMs } from "./retry-pause.js";
import type { RequeueReason, RunEvent } from "./run-event.js";
import { isCanceled, retryReason } from "./server-error.js";
import type { SessionPool } from "./session-pool.js";
import type { StepRecorder } from "./step-recorder.js";
import type { StepScript } from "./step-script.js";

/** A shard's chain: the versions to run on it, and the ledger that says so. */
export interface ChainToRun<L> {
  readonly node: ExecutorNode;
  readonly shard: string;
  /** In order. Not empty. */
  readonly versions: readonly string[];
  readonly ledger: L;
}

export interface RunChainsOptions<L> {
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
  readonly env: Readonly<Record<string, string>>;
  readonly emit: (event: RunEvent) => void;
  /** When it aborts: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal: AbortSignal;
}

/** How often a version is tried again whose connection broke: some files end their own session. */
const MAX_CONNECTION_LOSSES = 3;

/** A chain under way. */
interface ChainState<L> {
  readonly node: ExecutorNode;
  readonly shard: string;
  ledger: L;
  /** The versions that are left; the first is the one that runs or runs next. */
  versions: readonly string[];
  /** Attempts of the first version so far, and when they began. */
  attempts: number;
  firstAttemptMs: number;
  connectionLosses: number;
  /** The connection broke while the first version was being committed. */
  inDoubt: boolean;
}

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
    const scheduled = chains.map(({ node, shard, versions: pending, ledger }) => {
      const id = JSON.stringify([node.name, shard]);
      const fresh = { attempts: 0, firstAttemptMs: 0, connectionLosses: 0, inDoubt: false };
      this.#states.set(id, { node, shard, ledger, versions: pending, ...fresh });
      for (const version of pending) versions.add(version);
      return { id, node: node.name, host: node.host, versions: pending };
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
    let session: Awaited<ReturnType<SessionPool["acquire"]>>;
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
      const result = await attemptStep(session, {
        shard,
        version,
        ledger: state.ledger,
        step: this.#options.stepScript(version),
        lockTimeoutMs: lockTimeoutMs(state.attempts, this.#options.lockTimeoutMs),
        recorder: this.#options.recorder,
        env: this.#options.env,
        onNotice: (notice) => this.#warn(state, version, notice),
        onOutput: (line, file) => emit({ type: "output", node: node.label, shard, file, line }),
      });
      state.attempts++;
      const durationMs = Date.now() - startedAtMs;
      if (result.type === "refused" && result.reason === "ledger-changed") {
        await session.ready();
        await this.#replan(id, state, version, () =>
          this.#options.recorder.replan(session.client, state.ledger),
        );
      } else this.#settleStep(id, state, version, result, durationMs);
    } finally {
      sessions.release(session);
    }
  }

  #settleStep(
    id: string,
    state: ChainState<L>,
    version: string,
    result: AttemptResult<L>,
    durationMs: number,
  ): void {
    const { emit, signal } = this.#options;
    const step = { node: state.node.label, shard: state.shard, version };
    switch (result.type) {
      case "committed":
        state.ledger = result.ledger;
        this.#advance(state, 1);
        this.#schedule.done(id, Date.now());
        emit({ type: "step:done", ...step, durationMs });
        return;
      case "refused":
        this.#requeue(id, state, version, "shard-taken");
        return;
      case "lost":
      case "in-doubt":
        state.inDoubt ||= result.type === "in-doubt";
        state.connectionLosses++;
        if (state.connectionLosses <= MAX_CONNECTION_LOSSES && !signal.aborted) {
          this.#requeue(id, state, version, "connection-lost", result.error);
        } else this.#endFailed(id, state, version, result.error, durationMs);
        return;
      case "failed": {
        if (signal.aborted && isCanceled(result.error)) {
          this.#endChain(id, state, "interrupted");
          return;
        }
        const reason = retryReason(result.error);
        const wrapped = this.#options.stepScript(version).transaction === "wrapped";
        if (reason === undefined || !wrapped) {
          this.#endFailed(id, state, version, result.error, durationMs);
        } else this.#requeue(id, state, version, reason, result.error);
      }
    }
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
    replan: () => ReturnType<StepRecorder<L>["replan"]>,
  ): Promise<void> {
    const step = { node: state.node.label, shard: state.shard, version };
    try {
      const { ledger, pending } = await replan();
      const doneElsewhere = state.versions.filter((name) => !pending.includes(name));
      const { inDoubt } = state;
      state.ledger = ledger;
      if (doneElsewhere.length > 0) this.#advance(state, 0);
      state.versions = pending;
      this.#schedule.requeue(id, { notBeforeMs: 0, versions: pending });
      for (const name of doneElsewhere) {
        const done = { ...step, version: name };
        // The commit that got no answer has happened.
        if (inDoubt && name === version) {
          this.#options.emit({ type: "step:done", ...done, durationMs: 0 });
        } else this.#options.emit({ type: "step:already-done", ...done });
      }
    } catch (error) {
      this.#endFailed(id, state, version, error, 0);
    }
  }

  #advance(state: ChainState<L>, by: number): void {
    state.versions = state.versions.slice(by);
    state.attempts = 0;
    state.connectionLosses = 0;
    state.inDoubt = false;
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
    const info = errorInfo(error, step);
    if (state.inDoubt) {
      this.#options.emit({ type: "step:in-doubt", ...step, error: info, notAttempted });
    } else {
      this.#options.emit({ type: "step:failed", ...step, error: info, notAttempted, durationMs });
    }
  }

  /** The node cannot be reached any more: ends this chain and those that wait for the node. */
  #endUnreached(id: string, state: ChainState<L>, error: unknown): void {
    const [version] = state.versions;
    if (this.#options.signal.aborted) this.#endChain(id, state, "interrupted");
    else if (state.inDoubt && version !== undefined) this.#endFailed(id, state, version, error, 0);
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
    { node, shard }: ChainState<L>,
    notAttempted: readonly string[],
    reason: "interrupted" | "node-lost",
  ): void {
    const event = {
      type: "chain:abandoned",
      node: node.label,
      shard,
      notAttempted,
      reason,
    } as const;
    this.#options.emit(event);
  }

  #warn({ node, shard }: ChainState<L>, version: string, notice: ScriptNotice): void {
    if (notice.severity !== "WARNING") return;
    const { message } = notice;
    this.#options.emit({ type: "warning", node: node.label, shard, version, message });
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
