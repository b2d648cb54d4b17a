import { comparePlaces } from "@pg-mig/model";
import { notePace, startPace } from "./pace.js";
import type {
  AbandonedChain,
  ErrorInfo,
  HookFailure,
  Report,
  RunEvent,
  RunOutcome,
  StepFailure,
  Warning,
} from "./run-event.js";
import { type AwayNode, finishedSteps, type RunModel } from "./run-model.js";
import { Slots } from "./slots.js";
import { type PlacedStep, StepSet } from "./step-set.js";

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
  readonly #away = new Map<string, AwayNode>();
  readonly #lostNodes = new Map<string, ErrorInfo>();
  readonly #failed: StepFailure[] = [];
  readonly #inDoubt: StepFailure[] = [];
  readonly #abandoned: AbandonedChain[] = [];
  readonly #hookFailures: HookFailure[] = [];
  readonly #warnings: Warning[] = [];
  readonly #model: { -readonly [TField in keyof RunModel]: RunModel[TField] };
  #stepStarted = false;
  #stoppedBy: string | undefined;

  constructor(startedAtMs: number) {
    this.#model = {
      action: "apply",
      startedAtMs,
      addresses: [],
      slots: this.#slots.byNode,
      away: this.#away,
      planned: 0,
      done: 0,
      alreadyDone: 0,
      failed: this.#failed,
      inDoubt: this.#inDoubt,
      abandoned: this.#abandoned,
      warnings: 0,
      givenUp: 0,
      requeued: 0,
      lastBlockedBy: undefined,
      interrupted: false,
      pace: startPace(startedAtMs),
      wave: undefined,
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

  /** The steps that this run has committed, and that have not vanished. */
  get doneSteps(): readonly PlacedStep[] {
    return this.#done
      .byVersion()
      .flatMap(({ version, shards }) => shards.map((shard) => ({ ...shard, version })));
  }

  /** Takes the next event, which came at `nowMs`. */
  add(event: RunEvent, nowMs: number): void {
    const model = this.#model;
    switch (event.type) {
      case "run:start":
        model.action = event.action;
        model.addresses = event.addresses;
        model.planned += event.steps;
        model.pace = startPace(nowMs);
        for (const node of event.nodes) {
          this.#slots.addNode(node);
        }
        break;
      case "round:start":
        model.planned += event.steps;
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
        break;
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
        if (!this.#stepStarted && finishedSteps(model) === 0) {
          model.pace = startPace(nowMs);
        }
        this.#stepStarted = true;
        this.#slots.occupy({ node, shard, what: version, startedAtMs: nowMs });
        break;
      }
      case "step:done":
        this.#done.add(event);
        model.done = this.#done.size;
        model.lastBlockedBy = undefined;
        this.#slots.release(event);
        break;
      case "step:already-done":
        model.alreadyDone++;
        model.lastBlockedBy = undefined;
        this.#slots.release(event);
        break;
      case "step:vanished":
        // What an earlier run had done was not planned. A later round of this run can take its own
        // steps for those of an earlier one: only the steps that were counted tell.
        if (this.#done.delete(event)) {
          model.done = this.#done.size;
        } else {
          model.planned++;
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
        model.lastBlockedBy = event.blockedBy ?? model.lastBlockedBy;
        this.#slots.release(event);
        break;
      case "step:failed":
      case "step:in-doubt": {
        (event.type === "step:failed" ? this.#failed : this.#inDoubt).push(failureOf(event));
        model.givenUp += event.notAttempted.length;
        this.#slots.release(event);
        break;
      }
      case "chain:abandoned": {
        const { node, shard, reason, notAttempted } = event;
        this.#abandoned.push({ node, shard, reason, notAttempted });
        model.givenUp += notAttempted.length;
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
      case "warning": {
        const { type: _, ...warning } = event;
        this.#model.warnings++;
        // What the tool itself warns of is never many, and comes last.
        if (warning.node === undefined || this.#warnings.length < mostWarnings) {
          this.#warnings.push(warning);
        }
        break;
      }
      case "note":
      case "output":
      case "run:done":
        break;
    }
  }

  /** Notes that time has gone by, which is what the rate is judged by. */
  passTime(nowMs: number): void {
    this.#model.pace = notePace(this.#model.pace, finishedSteps(this.#model), nowMs);
  }

  /**
   * The report of the run, with what its events do not tell. Every planned step ends in exactly one of
   * its numbers; a step that no event mentions was not attempted. Later events do not change it.
   */
  report(
    outcome: RunOutcome,
    nowMs: number,
    state: Pick<Report, "latest" | "edited" | "partial" | "pausedBy" | "stoppedBy" | "error">,
  ): Report {
    const { action, addresses, startedAtMs, planned, done, alreadyDone } = this.#model;
    const unlistedWarnings = this.#model.warnings - this.#warnings.length;
    return {
      action,
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
      hookFailures: [...this.#hookFailures],
      warnings: [...this.#warnings],
      ...(unlistedWarnings === 0 ? {} : { unlistedWarnings }),
      doneByVersion: this.#done
        .byVersion()
        .sort((a, b) => (a.version < b.version ? -1 : 1))
        .map(({ version, shards }) => ({ version, shards: shards.toSorted(comparePlaces) })),
      ...state,
      ...(this.#stoppedBy === undefined ? {} : { stoppedBy: this.#stoppedBy }),
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
