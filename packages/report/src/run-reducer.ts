import { comparePlaces } from "@pg-mig/model";
import { estimateMs, standstillMs } from "./estimate.js";
import { IdleNodes } from "./idle-nodes.js";
import { notePace, startPace } from "./pace.js";
import { placeKey } from "./place-key.js";
import type { AbandonedChain, Report, RunOutcome, Warning } from "./report.js";
import type { RunEvent } from "./run-event.js";
import { RunFailures } from "./run-failures.js";
import { finishedSteps, type HeldUpShard, type RunModel, runningWork } from "./run-model.js";
import { Slots } from "./slots.js";
import { PlannedCounts } from "./step-counts.js";
import { type PlacedStep, StepSet } from "./step-set.js";
import { StepTimes } from "./step-times.js";
import { TimeLineRecorder } from "./time-line-recorder.js";

/** A file may raise a million warnings in a loop: so many of the servers are kept, the others counted. */
const mostWarnings = 10_000;

/**
 * Counts the events of a run: nobody else does. It gives what a view of the run shows (`model`) and
 * what the run has done (`report`), so both are the same facts.
 *
 * It owns its state and changes it in place. An event takes time and room that do not depend on the
 * number of steps; of a step that was done, it keeps one bit. It knows no clock: `nowMs` is of any.
 */
export class RunReducer {
  readonly #done = new StepSet();
  readonly #slots = new Slots();
  readonly #counts = new PlannedCounts();
  readonly #times = new StepTimes();
  readonly #timeLine = new TimeLineRecorder();
  readonly #heldUp = new Map<string, HeldUpShard>();
  readonly #idleNodes = new IdleNodes();
  readonly #failures = new RunFailures();
  readonly #warnings: Warning[] = [];
  readonly #model: { -readonly [TField in keyof RunModel]: RunModel[TField] };
  #stoppedBy: string | undefined;
  #endings: { firstStartMs: number | undefined; lastMs: number; count: number } = {
    firstStartMs: undefined,
    lastMs: 0,
    count: 0,
  };

  constructor(startedAtMs: number) {
    this.#model = {
      action: "apply",
      startedAtMs,
      addresses: [],
      slots: this.#slots.byNode,
      away: this.#idleNodes.away,
      paused: this.#idleNodes.paused,
      shards: 0,
      planned: 0,
      nodes: this.#counts.byNode,
      versions: this.#counts.byVersion,
      meanMsOf: (version) => this.#times.meanOfVersion(version),
      done: 0,
      alreadyDone: 0,
      failed: this.#failures.failed,
      inDoubt: this.#failures.inDoubt,
      abandoned: this.#failures.abandoned,
      warnings: 0,
      givenUp: 0,
      requeued: 0,
      heldUp: this.#heldUp,
      interrupted: false,
      failureCounts: this.#failures.byReason,
      pace: startPace(startedAtMs),
      wave: undefined,
      remainingMs: undefined,
      standstillMs: undefined,
    };
  }

  /** The state after the last event. The next one changes it. */
  get model(): RunModel {
    return this.#model;
  }

  /** Whether anything went wrong so far. */
  get hasFailed(): boolean {
    const { failed, inDoubt, ofHooks, abandoned } = this.#failures;
    return (
      [failed, inDoubt, ofHooks].some(({ length }) => length > 0) ||
      abandoned.some(({ reason }) => reason !== "paused")
    );
  }

  /** Whether anything was left for a later run, on purpose. */
  get isPaused(): boolean {
    return this.#failures.abandoned.some(({ reason }) => reason === "paused");
  }

  /** The steps that this run has committed, and that have not vanished: to be looked at before the next event. */
  get doneSteps(): Iterable<PlacedStep> {
    return this.#done;
  }

  /** Takes the next event, which came at `nowMs`. */
  add(event: RunEvent, nowMs: number): void {
    const model = this.#model;
    switch (event.type) {
      case "run:start":
        model.action = event.action;
        model.shards = event.shards;
        model.addresses = event.addresses;
        model.planned += event.steps;
        model.pace = startPace(nowMs);
        for (const node of event.nodes) {
          this.#slots.addNode(node);
          this.#counts.addNode(node);
        }
        this.#counts.plan(event);
        break;
      case "round:start":
        model.planned += event.steps;
        this.#counts.plan(event);
        break;
      case "wave:start": {
        const { wave: name, number, of } = event;
        model.wave = { name, number, of };
        break;
      }
      case "wave:soak":
        model.wave = { name: event.wave, soaksUntilMs: nowMs + event.leftMs };
        break;
      case "wave:done":
        model.wave = { name: event.wave };
        break;
      case "gate": {
        const { wave: name, answer, why } = event;
        model.wave = { name, gate: { answer, why } };
        break;
      }
      case "hook:start":
        this.#slots.occupy({
          node: event.node,
          shard: undefined,
          what: event.file,
          startedAtMs: nowMs,
        });
        break;
      case "hook:failed":
        this.#failures.addHook(event);
        this.#slots.release(event);
        break;
      case "hook:done":
        this.#slots.release(event);
        break;
      case "step:start": {
        const { node, shard, version } = event;
        // The time of before.sql tells nothing about that of the steps.
        if (this.#endings.firstStartMs === undefined) {
          model.pace = startPace(nowMs);
          this.#endings.firstStartMs = nowMs;
          this.#endings.lastMs = nowMs;
        }
        this.#times.start(node, nowMs);
        this.#slots.occupy({ node, shard, what: version, startedAtMs: nowMs });
        break;
      }
      case "step:done":
        if (this.#done.add(event)) {
          this.#counts.count(event, "finished", 1);
        }
        model.done = this.#done.size;
        this.#times.add(event, nowMs);
        this.#timeLine.add("done", nowMs - model.startedAtMs);
        this.#end(event, nowMs);
        break;
      case "step:already-done":
        model.alreadyDone++;
        this.#counts.count(event, "finished", 1);
        this.#end(event, nowMs);
        break;
      case "step:vanished":
        // What an earlier run had done was not planned. A later round of this run can take its own
        // steps for those of an earlier one: only the steps that were counted tell.
        if (this.#done.delete(event)) {
          model.done = this.#done.size;
          this.#counts.count(event, "finished", -1);
        } else {
          model.planned++;
          this.#counts.count(event, "planned", 1);
        }
        break;
      case "step:waiting": {
        const blockedBy = event.blockedBy.length === 0 ? undefined : event.blockedBy;
        this.#slots.describe(event, { blockedBy });
        break;
      }
      case "step:progress": {
        const { phase, count } = event;
        this.#slots.describe(event, {
          progress: count === undefined ? { phase } : { phase, count },
        });
        break;
      }
      case "step:requeued":
        model.requeued++;
        // Short waits end before anybody has looked who was in the way.
        if (event.blockedBy !== undefined || event.reason === "lock-timeout") {
          const { node, shard, version } = event;
          const key = placeKey(event);
          const blockedBy = event.blockedBy ?? this.#heldUp.get(key)?.blockedBy ?? [];
          this.#heldUp.set(key, { node, shard, version, blockedBy });
        }
        this.#slots.release(event);
        break;
      case "step:failed":
      case "step:in-doubt":
        this.#failures.addStep(event);
        this.#counts.count(event, "failed", 1);
        this.#timeLine.add("failed", nowMs - model.startedAtMs);
        this.#giveUp(event);
        this.#end(event, nowMs);
        break;
      case "chain:abandoned":
        this.#failures.addChain(event);
        this.#heldUp.delete(placeKey(event));
        this.#giveUp(event);
        model.interrupted ||= event.reason === "interrupted";
        break;
      case "budget:spent":
        this.#stoppedBy ??= event.message;
        break;
      case "node:away":
      case "node:back":
      case "node:lost":
      case "node:paused":
      case "node:resumed":
        this.#idleNodes.add(event, nowMs);
        break;
      case "warning": {
        const { type: _, ...warning } = event;
        this.#model.warnings++;
        // What the tool itself warns of is never many, and comes last.
        if (warning.node === undefined || this.#warnings.length < mostWarnings) {
          this.#warnings.push(warning);
        }
        break;
      }
      case "step:outside":
      case "note":
      case "output":
      case "run:done":
        break;
    }
  }

  /**
   * Notes that time has gone by, which is what the rate and the time left are judged by. To be called
   * often; they change once a second at most.
   */
  passTime(nowMs: number): void {
    const model = this.#model;
    this.#times.watch();
    const running = runningWork(model);
    model.standstillMs = standstillMs(running, this.#endings, this.#times, nowMs);
    const pace = notePace(model.pace, finishedSteps(model), nowMs);
    // Nobody knows when the steps of a node that is away or paused can go on.
    if (model.standstillMs !== undefined || model.away.size + model.paused.size > 0) {
      model.remainingMs = undefined;
    } else if (pace !== model.pace) {
      const leftMs = estimateMs(model, this.#endings, this.#times, nowMs);
      model.remainingMs =
        leftMs === undefined ? undefined : Math.max(1, Math.round(leftMs / 1000)) * 1000;
    }
    model.pace = pace;
  }

  #giveUp({ node, notAttempted }: Pick<AbandonedChain, "node" | "notAttempted">): void {
    this.#model.givenUp += notAttempted.length;
    this.#counts.giveUp(node, notAttempted);
  }

  #end(step: PlacedStep, nowMs: number): void {
    if (this.#heldUp.size > 0) {
      this.#heldUp.delete(placeKey(step));
    }
    this.#slots.release(step);
    this.#endings.lastMs = nowMs;
    this.#endings.count++;
  }

  /**
   * The report of the run, with what its events do not tell. Every planned step ends in exactly one of
   * its numbers; a step that no event mentions was not attempted. Later events do not change it.
   */
  report(
    outcome: RunOutcome,
    nowMs: number,
    state: Pick<
      Report,
      | "startedAt"
      | "origin"
      | "nodes"
      | "latest"
      | "edited"
      | "partial"
      | "pausedBy"
      | "stoppedBy"
      | "stoppedFor"
      | "error"
    >,
  ): Report {
    const { action, addresses, startedAtMs, planned, done, alreadyDone } = this.#model;
    const unlistedWarnings = this.#model.warnings - this.#warnings.length;
    const { startedAt, origin, ...end } = state;
    const { failed, inDoubt, abandoned, ofHooks } = this.#failures;
    const pausedNodes = this.#idleNodes.pausedSoFar(nowMs);
    return {
      action,
      startedAt,
      origin,
      addresses,
      outcome,
      durationMs: nowMs - startedAtMs,
      planned,
      done,
      alreadyDone,
      failed: failed.toSorted(comparePlaces),
      inDoubt: inDoubt.toSorted(comparePlaces),
      notAttempted: planned - finishedSteps(this.#model),
      abandoned: abandoned.toSorted(comparePlaces),
      lostNodes: [...this.#idleNodes.lost].map(([node, error]) => ({ node, error })),
      ...(pausedNodes.length === 0 ? {} : { pausedNodes }),
      hookFailures: [...ofHooks],
      warnings: [...this.#warnings],
      ...(unlistedWarnings === 0 ? {} : { unlistedWarnings }),
      doneByVersion: this.#done
        .byVersion()
        .sort((a, b) => (a.version < b.version ? -1 : 1))
        .map(({ version, shards }) => ({ version, shards: shards.toSorted(comparePlaces) })),
      ...this.#times.summary(startedAtMs),
      timeLine: this.#timeLine.timeLine,
      ...end,
      ...(this.#stoppedBy === undefined
        ? {}
        : { stoppedBy: this.#stoppedBy, stoppedFor: "budget" as const }),
    };
  }
}
