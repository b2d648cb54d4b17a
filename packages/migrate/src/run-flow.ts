import { codeDigest, type MigrationDirectory } from "@pg-mig/migrations";
import { defaults } from "@pg-mig/model";
import type { Chain } from "@pg-mig/planner";
import { type CountedRun, createRun, type Report, type RunReducer } from "@pg-mig/report";
import { errorInfo, isBug, type OpenNode, type OpenShard, schemasOf } from "@pg-mig/sessions";
import { abandonChains } from "./abandon-chains.js";
import { announceRun } from "./announce-run.js";
import { chainsOf } from "./chains-of.js";
import { CommitServers } from "./commit-servers.js";
import { countMore } from "./counted-chains.js";
import { executorOptions } from "./executor-options.js";
import { createFileWarner } from "./file-warner.js";
import { markFinished, markStarted } from "./node-marks.js";
import { OutsideLocks } from "./outside-locks.js";
import { refuseImpossibleWaves } from "./planned-waves.js";
import { type PreparedRun, prepareRun, type RunPlan } from "./prepare-run.js";
import { refuseObstacles } from "./refuse-obstacles.js";
import { reportState } from "./report-state.js";
import { RolloutCourse, type TurnToRun } from "./rollout-course.js";
import type { RunJournal } from "./run-journal.js";
import type { RunKind } from "./run-kind.js";
import type { ApplyOptions } from "./run-options.js";
import { RunWatch, type RunWatchOptions } from "./run-watch.js";
import { findUnmatchedPrefixes } from "./unmatched-prefixes.js";
import { VanishedSteps } from "./vanished-steps.js";

/** Starts an apply or an undo: the course of a run, from the directory's names to the digest. */
export function startRun(
  options: ApplyOptions,
  kindOf: (directory: MigrationDirectory) => RunKind,
): CountedRun {
  // What a watch finds ends the run as Ctrl-C does, but is told as what it is.
  const halt = new AbortController();
  const signal = AbortSignal.any([halt.signal, ...(options.signal ? [options.signal] : [])]);
  const pauseWish = new AbortController();
  const pause = AbortSignal.any([pauseWish.signal, ...(options.pause ? [options.pause] : [])]);
  return createRun(async (emit, report) => {
    const startedAt = new Date().toISOString();
    const onNote = (message: string) => emit({ type: "note", message });
    refuseImpossibleWaves(options.waves ?? [], options.wave);
    const given = { ...options, signal, onNote };
    const onBug = (bug: unknown) => halt.abort(bug);
    const toPrepare = { ...given, emit, onBug, purpose: "run" } as const;
    const prepared = await prepareRun(toPrepare, kindOf);
    const flow = { ...given, halt, pause, pauseWish, report, startedAt, emit };
    return new RunFlow(flow, prepared).run();
  });
}

interface RunFlowOptions extends ApplyOptions, RunWatchOptions {
  readonly signal: AbortSignal;
  readonly pause: AbortSignal;
  readonly report: RunReducer;
  readonly startedAt: string;
}

/** The report, if the run has come to its end. */
type Ending = Report | undefined;

class RunFlow {
  readonly #options: RunFlowOptions;
  readonly #prepared: Omit<PreparedRun, keyof RunPlan>;
  // What was read and planned last. Nothing else holds a plan, which may be of a million shards: the next one
  // takes its place.
  #nodes: readonly OpenNode[];
  #chains: readonly Chain<OpenShard>[];
  #plan: Omit<RunPlan, "nodes" | "chains">;
  readonly #watch: RunWatch;
  readonly #commits = new CommitServers();
  readonly #vanished: VanishedSteps;
  readonly #outside: OutsideLocks | undefined;
  readonly #course: RolloutCourse;
  readonly #warnOfFiles: ReturnType<typeof createFileWarner>;
  /** Whether the nodes say that a run is under way. */
  #begun = false;
  #round = 1;
  /** How many promotions were seen before the nodes were read last. */
  #promotions = 0;
  #journal: RunJournal | undefined;

  constructor(options: RunFlowOptions, prepared: PreparedRun) {
    const { nodes, chains, edited, hasWork, isWhole, changesNodes, ...rest } = prepared;
    this.#options = options;
    this.#prepared = rest;
    this.#nodes = nodes;
    this.#chains = chains;
    this.#plan = { edited, hasWork, isWhole, changesNodes };
    const { kind, cluster, directory } = rest;
    const { action } = kind;
    const { report, emit, signal, pause } = options;
    this.#watch = new RunWatch(cluster, options);
    this.#vanished = new VanishedSteps({ report, emit, commits: this.#commits, action });
    this.#warnOfFiles = createFileWarner(rest.files, emit);
    this.#outside = options.containment === "warn" ? new OutsideLocks(emit) : undefined;
    this.#course = new RolloutCourse({
      waves: options.waves ?? [],
      until: options.wave,
      scope: options.only === undefined ? "all" : "chosen",
      versions: directory.versions,
      askGate: async (gate, shards) => {
        const { askGate } = await import("./ask-gate.js");
        const { lockTimeoutMs = defaults.lockTimeoutMs } = options;
        return askGate(gate, {
          ...{ cluster, nodes: this.#nodes, shards, directory, lockTimeoutMs, signal },
        });
      },
      ...{ emit, signal, pause },
      now: Date.now,
    });
  }

  async run(): Promise<Report> {
    const { pause, halt, emit, onNote } = this.#options;
    const {
      cluster,
      kind,
      directory: { versions },
    } = this.#prepared;
    const onPause = () =>
      onNote(`${pauseReason(pause)} What runs goes on to its end, nothing new starts.`);
    pause.addEventListener("abort", onPause, { once: true });
    try {
      if (this.#plan.changesNodes) {
        await this.#lock();
      }
      announceRun({ nodes: this.#nodes, chains: this.#chains, versions }, kind, emit);
      return await this.#runToEnd();
    } catch (caught) {
      const error = halt.signal.aborted ? halt.signal.reason : caught;
      // Versions are applied by now. That must be told, whatever went wrong after them.
      if (!this.#begun) {
        throw error;
      }
      const now = await cluster.readReachable().catch(() => this.#nodes);
      const built = await this.#finish("failed", now, { error: errorInfo(error, {}) });
      if (isBug(error)) {
        throw error;
      }
      return built;
    } finally {
      await this.#watch.end();
      pause.removeEventListener("abort", onPause);
      await cluster.close();
    }
  }

  /** Keeps other runs away, and plans anew, since one may have done it all meanwhile. */
  async #lock(): Promise<void> {
    const { cluster } = this.#prepared;
    await this.#watch.begin(this.#nodes);
    const plan = await this.#prepared.planAgain(await cluster.readLedgers());
    ({ nodes: this.#nodes, chains: this.#chains, ...this.#plan } = plan);
    const { refuseUnguarded } = await import("./refuse-unguarded.js");
    refuseUnguarded(plan.chains, this.#prepared);
    await refuseObstacles(this.#prepared, plan);
    if (plan.hasWork) {
      await this.#watch.askThrottle(plan.nodes);
    }
  }

  async #runToEnd(): Promise<Report> {
    const { report, emit, pause } = this.#options;
    const { cluster, kind } = this.#prepared;
    if (pause.aborted && this.#chains.length > 0) {
      abandonChains(this.#chains, "paused", emit);
      return this.#finish("paused", this.#nodes);
    }
    this.#promotions = cluster.promotions;
    for (;;) {
      const ending = (await this.#runRounds()) ?? (await this.#verify());
      if (ending !== undefined) {
        return ending;
      }
      if (report.hasFailed) {
        return this.#finish("failed", this.#nodes);
      }
      // A primary that was promoted since then may lack what was read.
      const isAsRead = () => cluster.promotions === this.#promotions;
      if (this.#plan.isWhole && (this.#plan.changesNodes || kind.action === "apply")) {
        await markFinished(this.#nodes, this.#prepared, { ...this.#executor(), isAsRead });
      }
      if (isAsRead()) {
        const isDone = this.#plan.hasWork || this.#begun;
        return this.#finish(isDone ? "done" : "nothing-to-do", this.#nodes);
      }
      const missed = await this.#lookAgain([]);
      if (missed !== undefined) {
        return missed;
      }
    }
  }

  /** Runs chains, wave by wave and round by round, until none is left. */
  async #runRounds(): Promise<Ending> {
    const { halt } = this.#options;
    while (this.#round === 1 ? this.#plan.hasWork : this.#chains.length > 0) {
      const turn = await this.#course.next(this.#nodes, this.#chains);
      halt.signal.throwIfAborted();
      if (turn.type === "end") {
        return this.#endEarly(turn.outcome, turn.reason);
      }
      const ending =
        turn.type === "run"
          ? ((await this.#runTurn(turn)) ?? (await this.#lookAgain(turn.later)))
          : await this.#lookAgain(this.#chains);
      if (ending !== undefined) {
        return ending;
      }
    }
    this.#course.end();
    return undefined;
  }

  #endEarly(outcome: "failed" | "paused" | "interrupted", reason?: string): Promise<Report> {
    const failed = outcome === "failed";
    abandonChains(this.#chains, failed ? "stopped" : outcome, this.#options.emit);
    if (reason === undefined) {
      return this.#finish(outcome, this.#nodes);
    }
    const why = failed
      ? ({ stoppedBy: reason, stoppedFor: "gate" } as const)
      : { pausedBy: reason };
    return this.#finish(outcome, this.#nodes, why);
  }

  async #runTurn({ chains, later }: TurnToRun): Promise<Ending> {
    const { halt, signal, report, emit } = this.#options;
    await this.#warnOfFiles(chains);
    await this.#begin();
    const { runRound } = await import("./run-round.js");
    const ended = await runRound(chains, this.#prepared, {
      ...this.#executor(),
      commits: this.#commits,
      look: this.#outside,
      throttle: this.#watch.throttle,
    });
    halt.signal.throwIfAborted();
    if (!ended || report.hasFailed) {
      const outcome = signal.aborted ? "interrupted" : "failed";
      abandonChains(later, signal.aborted ? "interrupted" : "stopped", emit);
      const isShort = outcome === "failed" && later.length > 0;
      const stoppedBy = `The wave ${this.#course.wave} is not done, so no later one starts.`;
      const now = await this.#prepared.cluster.readReachable();
      return this.#finish(outcome, now, isShort ? { stoppedBy } : {});
    }
    if (report.isPaused) {
      abandonChains(later, "paused", emit);
    }
    return undefined;
  }

  /** Remembers on the nodes that the run is under way, before it runs anything. */
  async #begin(): Promise<void> {
    if (this.#begun) {
      return;
    }
    const { cluster, directory, kind } = this.#prepared;
    await markStarted(this.#nodes, this.#prepared, this.#executor());
    this.#begun = true;
    if (this.#options.journal === true) {
      const { RunJournal } = await import("./run-journal.js");
      this.#journal = new RunJournal(cluster, this.#options.emit);
      const { user, host, program, commit } = this.#options.origin ?? {};
      await this.#journal.begin(this.#nodes, {
        ...{ action: kind.action, startedAt: this.#options.startedAt, user, host, program, commit },
        codeDigest: codeDigest(directory.versions),
      });
    }
  }

  /** Reads what is done, and plans what is left: of what was `counted`, and besides. */
  async #lookAgain(counted: readonly Chain<OpenShard>[]): Promise<Ending> {
    const { report, emit } = this.#options;
    const { cluster, kind } = this.#prepared;
    this.#promotions = cluster.promotions;
    this.#nodes = await cluster.readLedgers();
    if (report.isPaused) {
      return this.#finish("paused", this.#nodes);
    }
    const vanished = this.#vanished.tell(this.#nodes);
    if (report.hasFailed) {
      return this.#finish("failed", this.#nodes);
    }
    if (vanished.length > 0) {
      this.#course.reopen();
    }
    const goesOn = kind.newSchemas === "go round again" || vanished.length > 0;
    const shards = this.#nodes.flatMap((open) => open.shards);
    this.#chains = goesOn ? chainsOf(kind.plan(shards)) : [];
    this.#round++;
    const more = countMore(counted, this.#chains, vanished, kind.action);
    if (more.chains > 0 || more.steps !== 0) {
      emit({ type: "round:start", round: this.#round, ...more });
    }
    return undefined;
  }

  /** Compares shards, if that is wanted. */
  async #verify(): Promise<Ending> {
    this.#plan = { ...this.#plan, isWhole: this.#prepared.isWholeOn(this.#nodes) };
    if ((this.#options.verify ?? "off") === "off") {
      return undefined;
    }
    const { verifyRun } = await import("./verify-run.js");
    const { outcome, ...why } = await verifyRun(this.#nodes, this.#prepared, {
      ...this.#options,
      done: [...this.#options.report.doneSteps],
      isWhole: this.#plan.isWhole,
    });
    return outcome === "done" ? undefined : this.#finish(outcome, this.#nodes, why);
  }

  async #finish(
    outcome: Report["outcome"],
    now: readonly OpenNode[],
    why: Pick<Report, "error" | "pausedBy" | "stoppedBy" | "stoppedFor"> = {},
  ): Promise<Report> {
    const { report, emit, pause, origin = {}, startedAt } = this.#options;
    const { cluster, directory, kind } = this.#prepared;
    this.#vanished.tell(now);
    for (const message of this.#outside?.sentences() ?? []) {
      emit({ type: "warning", message });
    }
    const isComplete = outcome === "done" || outcome === "nothing-to-do";
    if (isComplete && kind.action === "apply") {
      // Only now, since versions and before.sql may have made the schemas of later ones.
      const schemas = cluster.schemas && new Set([...cluster.schemas, ...schemasOf(now)]);
      for (const { message } of findUnmatchedPrefixes(directory.versions, schemas)) {
        emit({ type: "warning", message });
      }
    }
    const paused = outcome === "paused" ? { pausedBy: pauseReason(pause) } : {};
    const ofCluster = reportState(cluster, this.#plan, now);
    const state = { startedAt, origin, ...ofCluster, ...paused, ...why };
    let built = report.report(outcome, performance.now(), state);
    const journal = this.#journal;
    this.#journal = undefined;
    if (((await journal?.end(now, built, new Date().toISOString())) ?? 0) > 0) {
      // With the warnings about it.
      built = report.report(outcome, performance.now(), state);
    }
    emit({ type: "run:done", report: built });
    return built;
  }

  #executor() {
    return executorOptions(this.#prepared.cluster, this.#options);
  }
}

function pauseReason(pause: AbortSignal): string {
  return typeof pause.reason === "string" ? pause.reason : "The run was asked to pause.";
}
