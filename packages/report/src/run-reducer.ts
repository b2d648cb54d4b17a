import { comparePlaces } from "@pg-mig/model";
import type { ErrorInfo } from "./error-info.js";
import { estimateMs, standstillMs } from "./estimate.js";
import { failureReason } from "./group-failures.js";
import { notePace, startPace } from "./pace.js";
import { placeKey } from "./place-key.js";
import type {
  AbandonedChain,
  HookFailure,
  Report,
  RunOutcome,
  StepFailure,
  Warning,
} from "./report.js";
import type { PlannedWork, RunEvent } from "./run-event.js";
import {
  type AwayNode,
  type FailureCount,
  finishedSteps,
  type HeldUpShard,
  type PausedNode,
  type RunModel,
  runningWork,
} from "./run-model.js";
import { Slots } from "./slots.js";
import { CountsByName, type StepCounts } from "./step-counts.js";
import { type PlacedStep, StepSet } from "./step-set.js";
import { StepTimes } from "./step-times.js";
import { TimeLineRecorder } from "./time-line-recorder.js";

type PausedNodes = NonNullable<Report["pausedNodes"]>;

/** A file may raise a million warnings in a loop: so many of the servers are kept, the others counted. */
const mostWarnings = 10_000;

/**
 * Counts the events of a run: the one place that knows what an event changes. It gives what a view of
 * the run shows (`model`) and what the run has done (`report`), so both are the same facts.
 *
 * It owns its state and changes it in place. An event takes time and room that do not depend on the
 * number of steps; of a step that was done, it keeps one bit. It knows no clock: `nowMs` is of any.
 */
export class RunReducer {
  readonly #done = new StepSet();
  readonly #slots = new Slots();
  readonly #nodes = new CountsByName();
  readonly #versions = new CountsByName();
  readonly #times = new StepTimes();
  readonly #timeLine = new TimeLineRecorder();
  readonly #failureCounts = new Map<string, FailureCount>();
  readonly #heldUp = new Map<string, HeldUpShard>();
  readonly #away = new Map<string, AwayNode>();
  readonly #paused = new Map<string, PausedNode>();
  readonly #pausedBefore = new Map<string, PausedNodes[number]>();
  readonly #lostNodes = new Map<string, ErrorInfo>();
  readonly #failed: StepFailure[] = [];
  readonly #inDoubt: StepFailure[] = [];
  readonly #abandoned: AbandonedChain[] = [];
  readonly #hookFailures: HookFailure[] = [];
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
      away: this.#away,
      paused: this.#paused,
      shards: 0,
      planned: 0,
      nodes: this.#nodes.byName,
      versions: this.#versions.byName,
      meanMsOf: (version) => this.#times.meanOfVersion(version),
      done: 0,
      alreadyDone: 0,
      failed: this.#failed,
      inDoubt: this.#inDoubt,
      abandoned: this.#abandoned,
      warnings: 0,
      givenUp: 0,
      requeued: 0,
      heldUp: this.#heldUp,
      interrupted: false,
      failureCounts: this.#failureCounts,
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
    const bad = [this.#failed, this.#inDoubt, this.#hookFailures];
    return (
      bad.some(({ length }) => length > 0) ||
      this.#abandoned.some(({ reason }) => reason !== "paused")
    );
  }

  /** Whether anything was left for a later run, on purpose. */
  get isPaused(): boolean {
    return this.#abandoned.some(({ reason }) => reason === "paused");
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
          this.#nodes.of(node);
        }
        this.#plan(event);
        break;
      case "round:start":
        model.planned += event.steps;
        this.#plan(event);
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
      case "hook:failed": {
        const { node, file, error } = event;
        this.#hookFailures.push({ node, file, error });
        this.#slots.release(event);
        break;
      }
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
          this.#count(event, "finished", 1);
        }
        model.done = this.#done.size;
        this.#times.add(event, nowMs);
        this.#timeLine.add("done", nowMs - model.startedAtMs);
        this.#end(event, nowMs);
        break;
      case "step:already-done":
        model.alreadyDone++;
        this.#count(event, "finished", 1);
        this.#end(event, nowMs);
        break;
      case "step:vanished":
        // What an earlier run had done was not planned. A later round of this run can take its own
        // steps for those of an earlier one: only the steps that were counted tell.
        if (this.#done.delete(event)) {
          model.done = this.#done.size;
          this.#count(event, "finished", -1);
        } else {
          model.planned++;
          this.#count(event, "planned", 1);
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
      case "step:in-doubt": {
        const failure = failureOf(event);
        (event.type === "step:failed" ? this.#failed : this.#inDoubt).push(failure);
        this.#count(event, "failed", 1);
        this.#timeLine.add("failed", nowMs - model.startedAtMs);
        this.#giveUp(event);
        const reason = failureReason(failure);
        const { first, count } = this.#failureCounts.get(reason) ?? { first: failure, count: 0 };
        this.#failureCounts.set(reason, { first, count: count + 1 });
        this.#end(event, nowMs);
        break;
      }
      case "chain:abandoned": {
        const { node, shard, reason, notAttempted } = event;
        this.#abandoned.push({ node, shard, reason, notAttempted });
        this.#heldUp.delete(placeKey(event));
        this.#giveUp(event);
        model.interrupted ||= reason === "interrupted";
        break;
      }
      case "budget:spent":
        this.#stoppedBy ??= event.message;
        break;
      case "node:away": {
        const { node, error, leftMs } = event;
        this.#away.set(node, { message: error.message, untilMs: nowMs + leftMs });
        break;
      }
      case "node:back":
        this.#away.delete(event.node);
        this.#lostNodes.delete(event.node);
        break;
      case "node:lost":
        this.#away.delete(event.node);
        this.#lostNodes.set(event.node, event.error);
        break;
      case "node:paused": {
        const { node, why } = event;
        const sinceMs = this.#paused.get(node)?.sinceMs ?? nowMs;
        this.#paused.set(node, { why, sinceMs });
        break;
      }
      case "node:resumed":
        this.#pausedBefore.set(event.node, this.#pausedNode(event.node, nowMs));
        this.#paused.delete(event.node);
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

  /** Why a node was paused at last, and for how long in all. */
  #pausedNode(node: string, nowMs: number): PausedNodes[number] {
    const { why = "", pausedMs = 0 } = this.#pausedBefore.get(node) ?? {};
    const now = this.#paused.get(node);
    const lastMs = now === undefined ? 0 : Math.round(nowMs - now.sinceMs);
    return { node, why: now?.why ?? why, pausedMs: pausedMs + lastMs };
  }

  #plan({ stepsByNode, stepsByVersion }: PlannedWork): void {
    for (const { node, steps } of stepsByNode) {
      this.#nodes.of(node).planned += steps;
    }
    for (const { version, steps } of stepsByVersion) {
      this.#versions.of(version).planned += steps;
    }
  }

  #count({ node, version }: PlacedStep, what: keyof StepCounts, by: number): void {
    this.#nodes.of(node)[what] += by;
    this.#versions.of(version)[what] += by;
  }

  #giveUp({ node, notAttempted }: Pick<AbandonedChain, "node" | "notAttempted">): void {
    this.#model.givenUp += notAttempted.length;
    this.#nodes.of(node).givenUp += notAttempted.length;
    for (const version of notAttempted) {
      this.#versions.of(version).givenUp++;
    }
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
    const pausedNodes = [...new Set([...this.#pausedBefore.keys(), ...this.#paused.keys()])];
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
      failed: this.#failed.toSorted(comparePlaces),
      inDoubt: this.#inDoubt.toSorted(comparePlaces),
      notAttempted: planned - finishedSteps(this.#model),
      abandoned: this.#abandoned.toSorted(comparePlaces),
      lostNodes: [...this.#lostNodes].map(([node, error]) => ({ node, error })),
      ...(pausedNodes.length === 0
        ? {}
        : { pausedNodes: pausedNodes.map((node) => this.#pausedNode(node, nowMs)) }),
      hookFailures: [...this.#hookFailures],
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

function failureOf(
  event: Extract<RunEvent, { type: "step:failed" | "step:in-doubt" }>,
): StepFailure {
  const { node, shard, version, error, notAttempted } = event;
  const blocked = "blockedBy" in event ? { blockedBy: event.blockedBy } : {};
  return { node, shard, version, error, notAttempted, ...blocked };
}
