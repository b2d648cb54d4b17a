import type { Blocker } from "./blocker.js";
import type { BuildProgress } from "./build-progress.js";
import { shownShard } from "./collapse-shards.js";
import { notePace, type Pace, startPace, stepsPerSecond } from "./pace.js";
import type { RunAction, RunEvent } from "./run-event.js";

/** What runs at the moment in one slot of a node. */
export interface RunningWork {
  readonly node: string;
  /** The shard; undefined while before.sql or after.sql runs. */
  readonly shard: string | undefined;
  /** The version, or the file's name. */
  readonly what: string;
  readonly startedAtMs: number;
  /** For whom it waits; undefined: for nobody, as far as is known. */
  readonly blockedBy?: readonly Blocker[] | undefined;
  /** How far the index is that it builds. */
  readonly progress?: BuildProgress;
}

/** A node that lets nobody in, and until when the run waits for it. */
export interface AwayNode {
  readonly message: string;
  readonly untilMs: number;
}

/** The state of a run, as far as a view of its progress needs it. */
export interface RunModel {
  readonly action: RunAction;
  readonly startedAtMs: number;
  /**
   * What runs on each node, nodes in the order of `run:start`. A slot that is free holds undefined,
   * so that the others keep their place on the screen.
   */
  readonly slots: ReadonlyMap<string, readonly (RunningWork | undefined)[]>;
  /** Nodes that are waited for: what they have at hand gets nowhere meanwhile. */
  readonly away: ReadonlyMap<string, AwayNode>;
  readonly shards: number;
  /** Planned steps, rounds included. `done` to `notAttempted` add up to at most this. */
  readonly planned: number;
  readonly done: number;
  readonly failed: number;
  readonly inDoubt: number;
  readonly notAttempted: number;
  /** How often a step went back to its queue. */
  readonly requeued: number;
  /** Who was in the way of the step that went back last, where that is known and nothing was done since. */
  readonly lastBlockedBy?: readonly Blocker[] | undefined;
  readonly warnings: number;
  /** Whether a chain was given up because of an interruption. */
  readonly interrupted: boolean;
  readonly pace: Pace;
}

/** The state before the first event. */
export function emptyRunModel(nowMs: number): RunModel {
  return {
    action: "apply",
    startedAtMs: nowMs,
    slots: new Map(),
    away: new Map(),
    shards: 0,
    planned: 0,
    done: 0,
    failed: 0,
    inDoubt: 0,
    notAttempted: 0,
    requeued: 0,
    warnings: 0,
    interrupted: false,
    pace: startPace(nowMs),
  };
}

/** The state after an event that came at `nowMs`. Pure; the given model stays as it was. */
export function reduceRun(model: RunModel, event: RunEvent, nowMs: number): RunModel {
  switch (event.type) {
    case "run:start":
      return {
        ...emptyRunModel(nowMs),
        action: event.action,
        slots: new Map(event.nodes.map((node) => [node, []])),
        // Nodes can be away before the plan is made.
        away: model.away,
        shards: event.shards,
        planned: event.steps,
      };
    case "round:start":
      return { ...model, planned: model.planned + event.steps };
    case "hook:start":
      return occupy(model, {
        node: event.node,
        shard: undefined,
        what: event.file,
        startedAtMs: nowMs,
      });
    case "hook:done":
    case "hook:failed":
      return release(model, event.node, undefined);
    case "step:start":
      return occupy(beforeStep(model, nowMs), {
        node: event.node,
        shard: event.shard,
        what: event.version,
        startedAtMs: nowMs,
      });
    case "step:done":
    case "step:already-done":
      return {
        ...release(model, event.node, event.shard),
        done: model.done + 1,
        lastBlockedBy: undefined,
      };
    case "step:waiting": {
      const blockedBy = event.blockedBy.length === 0 ? undefined : event.blockedBy;
      return describe(model, event, { blockedBy });
    }
    case "step:progress": {
      const { phase, count } = event;
      const progress = count === undefined ? { phase } : { phase, count };
      return describe(model, event, { progress });
    }
    case "step:vanished":
      return event.doneBy === "this-run"
        ? { ...model, done: model.done - 1 }
        : { ...model, planned: model.planned + 1 };
    case "step:requeued":
      return {
        ...release(model, event.node, event.shard),
        requeued: model.requeued + 1,
        ...(event.blockedBy === undefined ? {} : { lastBlockedBy: event.blockedBy }),
      };
    case "step:failed":
    case "step:in-doubt": {
      const counter = event.type === "step:failed" ? "failed" : "inDoubt";
      return {
        ...release(model, event.node, event.shard),
        [counter]: model[counter] + 1,
        notAttempted: model.notAttempted + event.notAttempted.length,
      };
    }
    case "chain:abandoned":
      return {
        ...model,
        notAttempted: model.notAttempted + event.notAttempted.length,
        interrupted: model.interrupted || event.reason === "interrupted",
      };
    case "node:away": {
      const { node, error, leftMs } = event;
      const away = { message: error.message, untilMs: nowMs + leftMs };
      return { ...model, away: new Map(model.away).set(node, away) };
    }
    case "node:back":
    case "node:lost": {
      const away = new Map(model.away);
      away.delete(event.node);
      return { ...model, away };
    }
    case "warning":
      return { ...model, warnings: model.warnings + 1 };
    case "note":
    case "output":
    case "run:done":
      return model;
  }
}

/** All that runs at the moment, sorted by node and slot; nothing runs on a node that is away. */
export function runningWork({ slots, away }: RunModel): RunningWork[] {
  return [...slots].flatMap(([node, busy]) =>
    away.has(node) ? [] : busy.filter((slot) => slot !== undefined),
  );
}

/** Where work runs, as it is shown: `node1:sh0007`, or the node alone. */
export function placeOfWork({ node, shard }: RunningWork): string {
  return shard === undefined ? node : `${node}:${shownShard(shard)}`;
}

/** Steps that were run, well or not. Those that are given up unrun are no progress. */
export function finishedSteps(model: RunModel): number {
  return model.done + model.failed + model.inDoubt;
}

/** The state when time has gone by, which is what the rate is judged by. Pure. */
export function passTime(model: RunModel, nowMs: number): RunModel {
  return { ...model, pace: notePace(model.pace, finishedSteps(model), nowMs) };
}

/**
 * Time that is left at the present rate, in whole seconds rounded up; undefined while there is no
 * rate, and while a node is away, since nobody knows when its steps can go on.
 */
export function remainingMs(model: RunModel): number | undefined {
  if (model.away.size > 0) {
    return undefined;
  }
  const rate = stepsPerSecond(model.pace);
  const unfinished = Math.max(0, model.planned - finishedSteps(model) - model.notAttempted);
  return rate === undefined ? undefined : Math.ceil(unfinished / rate) * 1000;
}

/** The time of before.sql tells nothing about that of the steps: the pace counts from the first of them. */
function beforeStep(model: RunModel, nowMs: number): RunModel {
  const first =
    finishedSteps(model) === 0 &&
    [...model.slots.values()].flat().every((slot) => slot?.shard === undefined);
  return first ? { ...model, pace: startPace(nowMs) } : model;
}

function occupy(model: RunModel, work: RunningWork): RunModel {
  const slots = model.slots.get(work.node) ?? [];
  const free = slots.indexOf(undefined);
  const busy = free === -1 ? [...slots, work] : slots.with(free, work);
  return { ...model, slots: new Map(model.slots).set(work.node, busy) };
}

/** Adds what has become known of work that runs. */
function describe(
  model: RunModel,
  { node, shard }: { readonly node: string; readonly shard?: string },
  detail: Pick<RunningWork, "blockedBy" | "progress">,
): RunModel {
  const slots = (model.slots.get(node) ?? []).map((slot) =>
    slot !== undefined && slot.shard === shard ? { ...slot, ...detail } : slot,
  );
  return { ...model, slots: new Map(model.slots).set(node, slots) };
}

function release(model: RunModel, node: string, shard: string | undefined): RunModel {
  const slots = (model.slots.get(node) ?? []).map((slot) =>
    slot?.shard === shard ? undefined : slot,
  );
  return { ...model, slots: new Map(model.slots).set(node, slots) };
}
