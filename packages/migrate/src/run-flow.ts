import { entryLostError } from "@pg-mig/executor";
import { codeDigest, type MigrationDirectory } from "@pg-mig/migrations";
import { defaults, PgMigError } from "@pg-mig/model";
import type { Chain } from "@pg-mig/planner";
import {
  type CountedRun,
  createRun,
  type PlacedStep,
  type Report,
  type RunEvent,
  type RunReducer,
} from "@pg-mig/report";
import {
  errorInfo,
  isBug,
  type OpenNode,
  type OpenShard,
  placeOf,
  SessionWatch,
  schemasOf,
} from "@pg-mig/sessions";
import { abandonChains } from "./abandon-chains.js";
import { refuseBeside2x, watchFor2x } from "./beside-2x.js";
import { chainsOf } from "./chains-of.js";
import { CommitServers } from "./commit-servers.js";
import { countChains, countMore } from "./counted-chains.js";
import { executorOptions } from "./executor-options.js";
import { latestOn } from "./latest.js";
import { markFinished, markStarted } from "./node-marks.js";
import { OutsideLocks } from "./outside-locks.js";
import { refuseImpossibleWaves } from "./planned-waves.js";
import { prepareRun } from "./prepare-run.js";
import { refuseObstacles } from "./refuse-obstacles.js";
import { type NextTurn, RolloutCourse } from "./rollout-course.js";
import type { RunJournal } from "./run-journal.js";
import type { RunKind } from "./run-kind.js";
import type { ApplyOptions } from "./run-options.js";
import type { ThrottleWatch } from "./throttle-watch.js";
import { findUnmatchedPrefixes } from "./unmatched-prefixes.js";
import { vanishedSteps } from "./vanished-steps.js";

/** Starts an apply or an undo: the course of a run, from the directory's names to the digest. */
export function startRun(
  options: ApplyOptions,
  kindOf: (directory: MigrationDirectory) => RunKind,
): CountedRun {
  // What a watch finds ends the run as Ctrl-C does, but is told as what it is.
  const halt = new AbortController();
  const signal = AbortSignal.any([halt.signal, ...(options.signal ? [options.signal] : [])]);
  const wished = new AbortController();
  const pause = AbortSignal.any([wished.signal, ...(options.pause ? [options.pause] : [])]);
  return createRun((emit, report) =>
    run({ ...options, signal, halt, pause, wished }, kindOf, { emit, report }),
  );
}

async function run(
  options: ApplyOptions & {
    readonly signal: AbortSignal;
    readonly halt: AbortController;
    readonly pause: AbortSignal;
    readonly wished: AbortController;
  },
  kindOf: (directory: MigrationDirectory) => RunKind,
  { emit, report }: { readonly emit: (event: RunEvent) => void; readonly report: RunReducer },
): Promise<Report> {
  const startedAt = new Date().toISOString();
  const onNote = (message: string) => emit({ type: "note", message });
  const { waves = [], wave: until, pause } = options;
  refuseImpossibleWaves(waves, until);
  // Nothing else holds the first plan, which may be of a million shards: the second one takes its place.
  let { nodes, chains, edited, hasWork, isWhole, changesNodes, ...prepared } = await prepareRun(
    { ...options, onNote, onNodeChange: emit, purpose: "run" },
    kindOf,
  );
  const { kind, directory, cluster, files } = prepared;
  const commits = new CommitServers();
  /**
   * Tells which steps are gone, and gives those that a failover has taken back. If nothing else can
   * have lost a step, somebody took its entry away, and it has failed: it is not run again.
   */
  let toldOf: readonly OpenNode[] | undefined;
  const tellVanished = (now: readonly OpenNode[]): readonly PlacedStep[] => {
    if (now === toldOf) {
      return [];
    }
    toldOf = now;
    const mustBeThere = new Set(
      now.filter((open) => commits.mustHaveAll(open)).map(({ node }) => node.label),
    );
    return vanishedSteps(report.doneSteps, now, kind.action).filter((step) => {
      emit({ type: "step:vanished", ...step, doneBy: "this-run" });
      if (!mustBeThere.has(step.node)) {
        return true;
      }
      const error = errorInfo(entryLostError(step), step);
      emit({ type: "step:failed", ...step, error, notAttempted: [], durationMs: 0 });
      return false;
    });
  };
  const outside = options.containment === "warn" ? new OutsideLocks(emit) : undefined;
  /** Warns of files that do nothing, or are not all or nothing, before they run, each once. */
  const toldFiles = new Set<string>();
  const tellFiles = async (now: readonly Chain<OpenShard>[]) => {
    const versions = now.flatMap(({ pending }) => pending);
    await files.load(versions);
    const told = [...files.emptyFiles(versions), ...files.unusualFiles(versions)];
    for (const { version, message } of told) {
      if (!toldFiles.has(message)) {
        emit({ type: "warning", version, message });
      }
      toldFiles.add(message);
    }
  };
  /** At the end, since versions and before.sql may make the schemas of later ones. */
  const tellUnmatchedPrefixes = (now: readonly OpenNode[]) => {
    const schemas = cluster.schemas && new Set([...cluster.schemas, ...schemasOf(now)]);
    for (const { message } of findUnmatchedPrefixes(directory.versions, schemas)) {
      emit({ type: "warning", message });
    }
  };
  const finish = async (
    outcome: Report["outcome"],
    now: readonly OpenNode[],
    why: Pick<Report, "error" | "pausedBy" | "stoppedBy" | "stoppedFor"> = {},
  ): Promise<Report> => {
    tellVanished(now);
    for (const message of outside?.sentences() ?? []) {
      emit({ type: "warning", message });
    }
    const isComplete = outcome === "done" || outcome === "nothing-to-do";
    if (isComplete && kind.action === "apply") {
      tellUnmatchedPrefixes(now);
    }
    const partial = isWhole ? {} : { partial: true as const };
    const paused = outcome === "paused" ? { pausedBy: pauseReason(pause) } : {};
    const { origin = {} } = options;
    const state = {
      startedAt,
      origin,
      nodes: cluster.nodes.map(({ node, identity: { systemIdentifier, databaseOid } }) => ({
        node: node.label,
        systemIdentifier,
        databaseOid,
      })),
      latest: latestOn(now),
      edited,
      ...partial,
      ...paused,
      ...why,
    };
    let built = report.report(outcome, performance.now(), state);
    const row = journal;
    journal = undefined;
    if (((await row?.end(now, built, new Date().toISOString())) ?? 0) > 0) {
      // With the warnings about it.
      built = report.report(outcome, performance.now(), state);
    }
    emit({ type: "run:done", report: built });
    return built;
  };
  const onPause = () =>
    onNote(`${pauseReason(pause)} What runs goes on to its end, nothing new starts.`);
  pause.addEventListener("abort", onPause, { once: true });
  const executor = executorOptions(cluster, { ...options, emit });
  let begun = false;
  let journal: RunJournal | undefined;
  let watch: SessionWatch | undefined;
  let throttle: ThrottleWatch | undefined;
  let endWatchFor2x = () => {};
  try {
    if (changesNodes) {
      await cluster.lock({
        waitMs: options.waitMs ?? defaults.waitMs,
        allowPooler: options.allowPooler ?? false,
        onPauseWish: ({ role, address }) => {
          const from = address === undefined ? "" : ` from ${address}`;
          options.wished.abort(`${role} has asked the run${from} to pause.`);
        },
      });
      if (options.beside2x !== true) {
        const known = await refuseBeside2x({ cluster, nodes, signal: options.signal, onNote });
        const onFound = (reason: unknown) => options.halt.abort(reason);
        endWatchFor2x = watchFor2x({ cluster, nodes, known, onFound });
      }
      const { sessions, ask } = cluster;
      const onBug = (bug: unknown) => options.halt.abort(bug);
      watch = new SessionWatch({ sessions, ask, emit, onBug });
      // Another run may have done it all since this one was planned.
      const plan = await prepared.planAgain(await cluster.readLedgers());
      ({ nodes, chains, edited, hasWork, isWhole } = plan);
      const { refuseUnguarded } = await import("./refuse-unguarded.js");
      refuseUnguarded(chains, prepared);
      await refuseObstacles(prepared, plan, { partial: !isWhole });
      if (options.throttle !== undefined && hasWork) {
        const { ThrottleWatch } = await import("./throttle-watch.js");
        const onOver = (reason: string) => options.wished.abort(reason);
        throttle = new ThrottleWatch({
          ...{ throttle: options.throttle, sessions, emit, onOver, onBug },
        });
        await throttle.check(nodes);
      }
    }
    const stuck = kind.stuck?.(nodes.flatMap(({ shards }) => shards)) ?? [];
    const stays = stuck.map(({ of, version, notAttempted }) => ({
      shard: of,
      pending: [version, ...notAttempted],
    }));
    emit({
      type: "run:start",
      action: kind.action,
      nodes: nodes.map(({ node }) => node.label),
      addresses: nodes.map(({ node }) => node.name),
      shards: nodes.reduce((sum, { shards }) => sum + shards.length, 0),
      ...countChains([...chains, ...stays], [], kind.action),
    });
    for (const { of: _, error, ...step } of stuck) {
      emit({ type: "step:failed", ...step, error: errorInfo(error, step), durationMs: 0 });
    }
    if (pause.aborted && chains.length > 0) {
      abandonChains(chains, "paused", emit);
      return await finish("paused", nodes);
    }
    const { signal } = options;
    const { versions } = directory;
    const course = new RolloutCourse({
      waves,
      until,
      versions,
      askGate: async (gate, shards) => {
        const { askGate } = await import("./ask-gate.js");
        const { lockTimeoutMs = defaults.lockTimeoutMs } = options;
        return askGate(gate, { cluster, nodes, shards, directory, lockTimeoutMs, signal });
      },
      emit,
      signal,
      pause,
      now: Date.now,
    });
    let promotions = cluster.promotions;
    let round = 1;
    /** Reads what is done and plans what is left, of what was `counted` and besides; gives the report if the run ends. */
    const lookAgain = async (counted: readonly Chain<OpenShard>[]): Promise<Report | undefined> => {
      promotions = cluster.promotions;
      nodes = await cluster.readLedgers();
      if (report.isPaused) {
        return await finish("paused", nodes);
      }
      const vanished = tellVanished(nodes);
      if (report.hasFailed) {
        return await finish("failed", nodes);
      }
      if (vanished.length > 0) {
        course.reopen();
      }
      const goesOn = kind.newSchemas === "go round again" || vanished.length > 0;
      chains = goesOn ? chainsOf(kind.plan(nodes.flatMap(({ shards }) => shards))) : [];
      round++;
      const more = countMore(counted, chains, vanished, kind.action);
      if (more.chains > 0 || more.steps !== 0) {
        emit({ type: "round:start", round, ...more });
      }
      return undefined;
    };
    /** Runs chains until none is left; gives the report if the run ends before that. */
    const runRounds = async (): Promise<Report | undefined> => {
      while (round === 1 ? hasWork : chains.length > 0) {
        const turn: NextTurn = await course.next(nodes, chains);
        options.halt.signal.throwIfAborted();
        if (turn.type === "end") {
          const { outcome, reason } = turn;
          abandonChains(chains, outcome === "failed" ? "stopped" : outcome, emit);
          if (reason === undefined) {
            return await finish(outcome, nodes);
          }
          return await finish(
            outcome,
            nodes,
            outcome === "failed" ? { stoppedBy: reason, stoppedFor: "gate" } : { pausedBy: reason },
          );
        }
        let counted = chains;
        if (turn.type === "run") {
          await tellFiles(turn.chains);
          if (!begun) {
            await markStarted(nodes, prepared, executor);
            begun = true;
            if (options.journal === true) {
              const { RunJournal } = await import("./run-journal.js");
              journal = new RunJournal(cluster, emit);
              const { user, host, program, commit } = options.origin ?? {};
              const { action } = kind;
              await journal.begin(nodes, {
                ...{ action, startedAt, user, host, program, commit },
                codeDigest: codeDigest(versions),
              });
            }
          }
          const { runRound } = await import("./run-round.js");
          const ended = await runRound(turn.chains, prepared, {
            ...executor,
            commits,
            look: outside,
            throttle,
          });
          options.halt.signal.throwIfAborted();
          if (!ended || report.hasFailed) {
            const outcome = signal.aborted ? "interrupted" : "failed";
            abandonChains(turn.later, signal.aborted ? "interrupted" : "stopped", emit);
            const isShort = outcome === "failed" && turn.later.length > 0;
            const stoppedBy = `The wave ${course.wave} is not done, so no later one starts.`;
            const now = await cluster.readReachable();
            return await finish(outcome, now, isShort ? { stoppedBy } : {});
          }
          if (report.isPaused) {
            abandonChains(turn.later, "paused", emit);
          }
          counted = turn.later;
        }
        const rest = await lookAgain(counted);
        if (rest !== undefined) {
          return rest;
        }
      }
      return undefined;
    };
    /** Compares shards, if that is wished; gives the report if the run ends for that. */
    const verifyRun = async (): Promise<Report | undefined> => {
      const { verify = "off", lockTimeoutMs = defaults.lockTimeoutMs } = options;
      isWhole = prepared.isWholeOn(nodes);
      const isUnsaved = nodes.some(({ ledger }) => ledger.digest !== kind.digestAfter);
      const done = verify === "off" ? [] : [...report.doneSteps];
      // Without a digest, an earlier run may have left shards different, and have failed for that.
      const isDue =
        verify !== "off" && done.length === 0 && isWhole && kind.action === "apply" && isUnsaved;
      const touched = isDue ? nodes.flatMap(({ shards }) => shards.map(placeOf)) : done;
      if (verify !== "off" && touched.length > 0) {
        const { verifyShards } = await import("./verify-shards.js");
        onNote(
          isDue
            ? "Comparing all shards, since no run has saved a digest of these versions."
            : "Comparing the shards that the run has touched.",
        );
        const found = await verifyShards({
          ...{ cluster, nodes, touched, directory, lockTimeoutMs, signal },
        }).catch((error: unknown) => {
          if (signal.aborted) {
            return undefined;
          }
          throw error;
        });
        if (found === undefined) {
          return await finish("interrupted", nodes);
        }
        for (const message of found) {
          emit({ type: "warning", message });
        }
        if (verify === "fail" && found.length > 0) {
          return await finish("failed", nodes, { error: errorInfo(notAlike(), {}) });
        }
      }
      return undefined;
    };
    for (;;) {
      let ended = await runRounds();
      if (ended === undefined) {
        course.end();
        ended = await verifyRun();
      }
      if (ended !== undefined) {
        return ended;
      }
      if (report.hasFailed) {
        return await finish("failed", nodes);
      }
      // A primary that was promoted since then may lack what was read.
      const isAsRead = () => cluster.promotions === promotions;
      if (isWhole && (hasWork || kind.action === "apply")) {
        await markFinished(nodes, prepared, { ...executor, isAsRead });
      }
      if (isAsRead()) {
        return await finish(hasWork || begun ? "done" : "nothing-to-do", nodes);
      }
      ended = await lookAgain([]);
      if (ended !== undefined) {
        return ended;
      }
    }
  } catch (caught) {
    const error = options.halt.signal.aborted ? options.halt.signal.reason : caught;
    // Versions are applied by now. That must be told, whatever went wrong after them.
    if (!begun) {
      throw error;
    }
    const now = await cluster.readReachable().catch(() => nodes);
    const built = await finish("failed", now, { error: errorInfo(error, {}) });
    if (isBug(error)) {
      throw error;
    }
    return built;
  } finally {
    watch?.stop();
    await throttle?.close();
    endWatchFor2x();
    pause.removeEventListener("abort", onPause);
    await cluster.close();
  }
}

function notAlike(): PgMigError {
  return new PgMigError("Shards are not alike, or could not be read, so no digest is saved.", {
    code: "SHARDS_DIFFER",
    hint: "All versions are there; the warnings say what differs. `pg-mig drift` compares the whole fleet.",
  });
}

function pauseReason(pause: AbortSignal): string {
  return typeof pause.reason === "string" ? pause.reason : "The run was asked to pause.";
}
