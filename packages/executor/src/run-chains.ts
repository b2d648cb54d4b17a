import {
  acquireSession,
  isBug,
  lockTimeoutMs,
  type Session,
  type SessionNode,
  type SessionWork,
} from "@pg-mig/sessions";
import type { Attempted } from "./after-attempt.js";
import { attemptStep, type CommittedAttempt, checkStep, type StepAttempt } from "./attempt-step.js";
import { ChainEndings } from "./chain-endings.js";
import { ChainSchedule } from "./chain-schedule.js";
import { ChainSetbacks } from "./chain-setbacks.js";
import {
  advance,
  type ChainState,
  type ChainToRun,
  createChainState,
  noteCommit,
} from "./chain-state.js";
import { loopBusyMs } from "./loop-busy.js";
import { NodeSlots } from "./node-slots.js";
import { nodesAndVersions } from "./nodes-and-versions.js";
import type { ClockedOptions, RunChainsOptions } from "./run-chains-options.js";
import { scriptOptions } from "./script-environment.js";

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
  readonly #options: ClockedOptions<L>;
  readonly #schedule: ChainSchedule<ChainToRun<L>>;
  /** Of the chains that have begun and not ended: of a million, the others need none. */
  readonly #states = new Map<ChainToRun<L>, ChainState<L>>();
  readonly #nodes: readonly SessionNode[];
  readonly #slots: NodeSlots;
  readonly #endings: ChainEndings<L>;
  readonly #setbacks: ChainSetbacks<L>;
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
    const parts = { schedule: this.#schedule, slots: this.#slots, endings: this.#endings };
    this.#setbacks = new ChainSetbacks(parts, this.#options);
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
            const durationMs = this.#options.now() - startedAtMs;
            if (attempted.type === "committed") {
              this.#endDone(chain, state, version, { attempted, session, durationMs });
            } else {
              const ended = { attempted, session, durationMs, alone };
              await this.#setbacks.afterVain(chain, state, version, ended);
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
    ended: {
      readonly attempted: CommittedAttempt<L>;
      readonly session: Session;
      readonly durationMs: number;
    },
  ): void {
    const { attempted, session, durationMs } = ended;
    const { ledger, seen } = attempted;
    const { node, shard } = state;
    if (seen !== undefined) {
      this.#options.look?.take({ node: node.label, shard, version }, seen);
    }
    state.ledger = ledger;
    const serverStartedAt = session.opened?.serverStartedAt;
    if (state.versions.length === 1) {
      // Of thousands of shards, those that are finished need no memory.
      this.#states.delete(chain);
    } else {
      noteCommit(state, version, serverStartedAt);
      advance(state, state.versions.slice(1));
    }
    this.#options.onCommit?.(node, serverStartedAt);
    this.#schedule.done(chain, this.#options.now());
    this.#options.emit({ type: "step:done", node: node.label, shard, version, durationMs });
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
        this.#setbacks.putBack(chain, state, version, { reason: "no-connection", delayMs: 0 });
      } else {
        this.#endings.unreached(chain, state);
      }
      return undefined;
    });
  }
}
