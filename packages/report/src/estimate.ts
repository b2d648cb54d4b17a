import type { RunModel, RunningWork } from "./run-model.js";
import { leftOf } from "./step-counts.js";
import type { StepTimes } from "./step-times.js";

/** Before this, too few steps have ended to tell anything. */
const firstEstimateMs = 10_000;
/** Nothing that ends for so long is a standstill, if steps take less than half of it. */
const shortestStandstillMs = 5000;

/** When steps ended, as far as a standstill can be told from it. */
export interface Endings {
  /** When the first step started. */
  readonly firstStartMs: number | undefined;
  /** When a step last ended, or the first one started. */
  readonly lastMs: number;
  readonly count: number;
}

/**
 * How long nothing has gone on; undefined while something does. All that runs waits for others, or
 * nothing has ended for much longer than usual.
 */
export function standstillMs(
  running: readonly RunningWork[],
  { firstStartMs, lastMs, count }: Endings,
  times: StepTimes,
  nowMs: number,
): number | undefined {
  if (firstStartMs === undefined || running.length === 0) {
    return undefined;
  }
  const quietMs = nowMs - lastMs;
  const usualGapMs = count === 0 ? 0 : (lastMs - firstStartMs) / count;
  const tooLong = Math.max(shortestStandstillMs, 5 * usualGapMs, 2 * times.meanMs);
  const isBlocked = running.every(({ blockedBy }) => blockedBy !== undefined);
  return isBlocked || (count > 0 && quietMs > tooLong) ? quietMs : undefined;
}

/**
 * How long the run will still take: as long as the node that will take longest. Of a node, it is the time
 * that its steps will take, put together, by as much of it as the node has done in a second so far. A step
 * is expected to take what steps of its version took of late, there or elsewhere.
 */
export function estimateMs(
  model: RunModel,
  { firstStartMs }: Endings,
  times: StepTimes,
  nowMs: number,
): number | undefined {
  if (firstStartMs === undefined || nowMs - firstStartMs < firstEstimateMs) {
    return undefined;
  }
  let longest: number | undefined;
  for (const [node, counts] of model.nodes) {
    const left = leftOf(counts);
    const known = times.of(node);
    if (left === 0) {
      continue;
    }
    if (known === undefined || known.busyMs === 0) {
      return undefined;
    }
    const running = (model.slots.get(node) ?? []).filter((slot) => slot !== undefined);
    const soFarMs = running.map(({ startedAtMs }) => nowMs - startedAtMs);
    const atATime = (known.busyMs + sum(soFarMs)) / (nowMs - known.sinceMs);
    const expectedMs = left * meanOfLeft(model, times, node, counts.planned, nowMs);
    const spentMs = running.map(({ what }, index) =>
      Math.min(soFarMs[index] ?? 0, times.meanOn(node, what) ?? 0),
    );
    const ms = Math.max(0, expectedMs - sum(spentMs)) / atATime;
    longest = Math.max(longest ?? 0, ms);
  }
  return longest;
}

/** What a step that is left on a node will take, by the mix of versions that the node still has to run. */
function meanOfLeft(
  model: RunModel,
  times: StepTimes,
  node: string,
  plannedHere: number,
  nowMs: number,
): number {
  let weight = 0;
  let weighted = 0;
  for (const [version, counts] of model.versions) {
    // Nodes have about the same mix of versions: it is not worth an event of its size to know better.
    const here = (counts.planned * plannedHere) / Math.max(1, model.planned);
    const share = Math.min(leftOf(counts), Math.max(0, here - times.countOn(node, version)));
    weight += share;
    weighted += share * (times.meanOn(node, version) ?? unknownMean(model, times, version, nowMs));
  }
  return weight === 0 ? times.meanMs : weighted / weight;
}

/** Of a version that has nowhere ended yet it is known at least how long it already runs. */
function unknownMean(model: RunModel, times: StepTimes, version: string, nowMs: number): number {
  let longest = times.meanMs;
  for (const busy of model.slots.values()) {
    for (const slot of busy) {
      if (slot?.what === version) {
        longest = Math.max(longest, nowMs - slot.startedAtMs);
      }
    }
  }
  return longest;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
