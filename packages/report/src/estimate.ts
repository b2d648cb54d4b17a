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

/** More than this part of the work in versions that nowhere ended yet: nobody can tell. */
const mostUnknown = 0.25;
/** What is shown is to be within 30 %: an estimate that is off by more than this as a rule is not. */
const mostDeviation = 0.25;
/** It is shown in seconds. */
const shownToMs = 500;

/**
 * How long the run will still take: as long as the node that will take longest. Chains that run on it end one
 * by one, each as late as its own steps tell, and those that wait take the places that get free. Undefined:
 * nobody can tell, because steps of much of the work have not ended anywhere yet, or the last ones take longer
 * than any before, or differ too much.
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
  let longest: Outlook | undefined;
  for (const [node, counts] of model.nodes) {
    if (leftOf(counts) > 0) {
      const outlook = outlookOf(model, times, node, counts.planned, nowMs);
      if (outlook === undefined) {
        return undefined;
      }
      longest = longest === undefined || outlook.meanMs > longest.meanMs ? outlook : longest;
    }
  }
  if (longest === undefined) {
    return undefined;
  }
  const { meanMs, varianceMs2 } = longest;
  const isClear = Math.sqrt(varianceMs2) <= Math.max(mostDeviation * meanMs, shownToMs);
  return isClear ? meanMs : undefined;
}

/** How long something will still take, and how far from that it may be. */
interface Outlook {
  readonly meanMs: number;
  readonly varianceMs2: number;
}

/** What one node has left of a version. */
interface VersionLeft {
  readonly steps: number;
  readonly meanMs: number;
  /** What a shard takes for it and for all that come later, as far as shards get them. */
  readonly onwardMs: number;
}

function outlookOf(
  model: RunModel,
  times: StepTimes,
  node: string,
  plannedHere: number,
  nowMs: number,
): Outlook | undefined {
  const known = times.of(node);
  if (known === undefined || known.busyMs === 0) {
    return undefined;
  }
  const versions = versionsLeft(model, times, node, plannedHere);
  if (versions === undefined) {
    return undefined;
  }
  const slots = model.slots.get(node) ?? [];
  const running = slots.filter((slot) => slot !== undefined);
  let waitingMs = sum([...versions.values()].map(({ steps, meanMs }) => steps * meanMs));
  const chainMs = Math.max(0, ...[...versions.values()].map(({ onwardMs }) => onwardMs));
  const chains: Outlook[] = [];
  for (const { shard, what, startedAtMs } of running) {
    const own = versions.get(what);
    if (own === undefined || shard === undefined) {
      continue;
    }
    const ageMs = nowMs - startedAtMs;
    const laterMs = Math.max(0, own.onwardMs - own.meanMs);
    const left = times.leftOfStep({ node, shard, version: what }, ageMs);
    waitingMs -= own.onwardMs;
    chains.push({
      meanMs: (left?.mean ?? ageMs) + laterMs * times.slownessOf(node, shard),
      varianceMs2: left?.variance ?? ageMs * ageMs,
    });
  }
  const soFarMs = sum(running.map(({ startedAtMs }) => nowMs - startedAtMs));
  const atATime = (known.busyMs + soFarMs) / (nowMs - known.sinceMs);
  const places = Math.max(1, slots.length);
  const waiting = Math.max(0, waitingMs);
  const afterMs = lastStartedMs(
    chains.map(({ meanMs }) => meanMs),
    places,
    chainMs * Math.max(1, places / atATime),
    chainMs === 0 ? 0 : waiting / chainMs,
  );
  const last = chains.reduce<Outlook>((a, b) => (b.meanMs > a.meanMs ? b : a), {
    meanMs: 0,
    varianceMs2: 0,
  });
  return afterMs > last.meanMs ? { meanMs: afterMs, varianceMs2: 0 } : last;
}

/** When the last of the chains that wait ends, if each takes the place that is free first; 0: none waits. */
function lastStartedMs(
  endMs: readonly number[],
  places: number,
  chainMs: number,
  waiting: number,
): number {
  // Less than half of a chain is what the means do not tell.
  if (waiting < 0.5) {
    return 0;
  }
  const free = [...endMs, ...Array.from({ length: places - endMs.length }, () => 0)];
  // All but the last rounds take as long as they do together: only the last need to be looked at one by one.
  const rounds = Math.max(0, Math.floor(waiting / places) - 3);
  const count = Math.ceil(waiting - rounds * places);
  const eachMs = (chainMs * (waiting - rounds * places)) / count;
  let last = 0;
  for (let index = 0; index < count; index++) {
    const place = free.indexOf(Math.min(...free));
    free[place] = (free[place] ?? 0) + eachMs;
    last = Math.max(last, free[place] ?? 0);
  }
  return last + rounds * chainMs;
}

/** What a node has left, by version; undefined: too much of it is of versions that nowhere ended yet. */
function versionsLeft(
  model: RunModel,
  times: StepTimes,
  node: string,
  plannedHere: number,
): Map<string, VersionLeft> | undefined {
  const most = Math.max(...[...model.versions.values()].map(({ planned }) => planned));
  const left = new Map<string, VersionLeft>();
  let unknownMs = 0;
  let allMs = 0;
  let onwardMs = 0;
  for (const [version, counts] of [...model.versions].reverse()) {
    // Nodes have about the same mix of versions: it is not worth an event of its size to know better.
    const here = (counts.planned * plannedHere) / Math.max(1, model.planned);
    const steps = Math.min(leftOf(counts), Math.max(0, here - times.countOn(node, version)));
    const knownMs = times.meanOn(node, version);
    const meanMs = knownMs ?? times.meanMs;
    onwardMs += (meanMs * counts.planned) / Math.max(1, most);
    left.set(version, { steps, meanMs, onwardMs });
    allMs += steps * meanMs;
    unknownMs += knownMs === undefined ? steps * meanMs : 0;
  }
  return unknownMs > mostUnknown * allMs ? undefined : left;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
