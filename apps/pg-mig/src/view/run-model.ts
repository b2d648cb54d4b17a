import type { RunAction, RunEvent } from "@pg-mig/executor";

/** What runs at the moment in one slot of a node. */
export interface RunningWork {
  readonly node: string;
  /** The shard; undefined while before.sql or after.sql runs. */
  readonly shard: string | undefined;
  /** The version, or the file's name. */
  readonly what: string;
  readonly startedAtMs: number;
}

/** How many steps were finished at a moment. */
interface Sample {
  readonly atMs: number;
  readonly finished: number;
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
  readonly shards: number;
  /** Planned steps, rounds included. `done` to `notAttempted` add up to at most this. */
  readonly planned: number;
  readonly done: number;
  readonly failed: number;
  readonly inDoubt: number;
  readonly notAttempted: number;
  /** How often a step went back to its queue. */
  readonly requeued: number;
  readonly warnings: number;
  /** Whether a chain was given up because of an interruption. */
  readonly interrupted: boolean;
  /** About one a second, the last {@link rateWindowMs}; what the rate is measured by. */
  readonly samples: readonly Sample[];
}

const rateWindowMs = 15_000;
const sampleEveryMs = 1000;

/** The state before the first event. */
export function emptyRunModel(nowMs: number): RunModel {
  return {
    action: "apply",
    startedAtMs: nowMs,
    slots: new Map(),
    shards: 0,
    planned: 0,
    done: 0,
    failed: 0,
    inDoubt: 0,
    notAttempted: 0,
    requeued: 0,
    warnings: 0,
    interrupted: false,
    samples: [{ atMs: nowMs, finished: 0 }],
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
      return occupy(model, {
        node: event.node,
        shard: event.shard,
        what: event.version,
        startedAtMs: nowMs,
      });
    case "step:done":
    case "step:already-done":
      return sampled({ ...release(model, event.node, event.shard), done: model.done + 1 }, nowMs);
    case "step:requeued":
      return { ...release(model, event.node, event.shard), requeued: model.requeued + 1 };
    case "step:failed":
    case "step:in-doubt": {
      const counter = event.type === "step:failed" ? "failed" : "inDoubt";
      const ended = {
        ...release(model, event.node, event.shard),
        [counter]: model[counter] + 1,
        notAttempted: model.notAttempted + event.notAttempted.length,
      };
      return sampled(ended, nowMs);
    }
    case "chain:abandoned":
      return {
        ...model,
        notAttempted: model.notAttempted + event.notAttempted.length,
        interrupted: model.interrupted || event.reason === "interrupted",
      };
    case "warning":
      return { ...model, warnings: model.warnings + 1 };
    case "output":
    case "run:done":
      return model;
  }
}

/** All that runs at the moment, sorted by node and slot. */
export function runningWork(model: RunModel): RunningWork[] {
  return [...model.slots.values()].flatMap((slots) => slots.filter((slot) => slot !== undefined));
}

/** Where work runs, as it is shown: `node1:sh0007`, or the node alone. */
export function placeOfWork({ node, shard }: RunningWork): string {
  return shard === undefined ? node : `${node}:${shard}`;
}

/** Steps that are finished in one way or another. */
export function finishedSteps(model: RunModel): number {
  return model.done + model.failed + model.inDoubt + model.notAttempted;
}

/** Steps per second of late; undefined while there is nothing to judge by. */
export function stepsPerSecond(model: RunModel, nowMs: number): number | undefined {
  const oldest = model.samples[0];
  const elapsedMs = oldest === undefined ? 0 : nowMs - oldest.atMs;
  const finished = ranSteps(model) - (oldest?.finished ?? 0);
  return elapsedMs < sampleEveryMs || finished === 0 ? undefined : (finished * 1000) / elapsedMs;
}

/** Time that is left at the present rate, in whole seconds rounded up; undefined while there is no rate. */
export function remainingMs(model: RunModel, nowMs: number): number | undefined {
  const rate = stepsPerSecond(model, nowMs);
  const unfinished = Math.max(0, model.planned - finishedSteps(model));
  return rate === undefined ? undefined : Math.ceil(unfinished / rate) * 1000;
}

function occupy(model: RunModel, work: RunningWork): RunModel {
  const slots = model.slots.get(work.node) ?? [];
  const free = slots.indexOf(undefined);
  const busy = free === -1 ? [...slots, work] : slots.with(free, work);
  return { ...model, slots: new Map(model.slots).set(work.node, busy) };
}

function release(model: RunModel, node: string, shard: string | undefined): RunModel {
  const slots = (model.slots.get(node) ?? []).map((slot) =>
    slot?.shard === shard ? undefined : slot,
  );
  return { ...model, slots: new Map(model.slots).set(node, slots) };
}

/** Steps that took time; those that are given up unrun would make the rate look better than it is. */
function ranSteps(model: RunModel): number {
  return model.done + model.failed + model.inDoubt;
}

function sampled(model: RunModel, nowMs: number): RunModel {
  const last = model.samples.at(-1);
  if (last !== undefined && nowMs - last.atMs < sampleEveryMs) {
    return model;
  }
  const recent = model.samples.filter(({ atMs }) => nowMs - atMs <= rateWindowMs);
  return { ...model, samples: [...recent, { atMs: nowMs, finished: ranSteps(model) }] };
}
