import type { NodeDurations, StepDurations, VersionDurations } from "./run-event.js";
import type { PlacedStep } from "./step-set.js";

/** How long steps took. */
interface Times {
  count: number;
  /** Of late. */
  meanMs: number;
  /** All of them, put together. */
  totalMs: number;
  longestMs: number;
}

/** What is known of the steps of one node. */
interface NodeTimes {
  /** When its first step started. */
  readonly sinceMs: number;
  /** When one last ended. */
  lastMs: number;
  readonly times: Times;
  readonly byVersion: Map<string, Times>;
}

/** A step that was done, and how long it took. */
type TimedStep = PlacedStep & { readonly durationMs: number };

/** So many of the slowest steps are kept. */
const slowestKept = 20;

/** A mean of more steps than this forgets the oldest: a server may get slower. */
const remembered = 50;
/** Fewer steps of a version on a node than this say less than those on the other nodes. */
const enough = 3;

/** How long the steps of a run take, by node and version. An event takes time that does not depend on their number. */
export class StepTimes {
  readonly #nodes = new Map<string, NodeTimes>();
  readonly #versions = new Map<string, Times>();
  readonly #all = noTimes();
  readonly #slowest: TimedStep[] = [];

  /** Notes that a step starts. */
  start(node: string, nowMs: number): void {
    if (!this.#nodes.has(node)) {
      this.#nodes.set(node, {
        sinceMs: nowMs,
        lastMs: nowMs,
        times: noTimes(),
        byVersion: new Map(),
      });
    }
  }

  /** Notes that a step was done. */
  add({ node, shard, version, durationMs }: TimedStep, nowMs: number): void {
    const ofNode = this.#nodes.get(node);
    if (ofNode !== undefined) {
      ofNode.lastMs = nowMs;
      addDuration(ofNode.times, durationMs);
      addDuration(timesOf(ofNode.byVersion, version), durationMs);
    }
    addDuration(timesOf(this.#versions, version), durationMs);
    addDuration(this.#all, durationMs);
    if (durationMs > (this.#slowest[slowestKept - 1]?.durationMs ?? -1)) {
      const place = this.#slowest.findIndex((other) => other.durationMs < durationMs);
      const at = place === -1 ? this.#slowest.length : place;
      this.#slowest.splice(at, 0, { node, shard, version, durationMs });
      this.#slowest.length = Math.min(this.#slowest.length, slowestKept);
    }
  }

  /** What the report tells of it; `startedAtMs`: when the run started. */
  summary(startedAtMs: number): {
    readonly durationsByVersion: readonly VersionDurations[];
    readonly durationsByNode: readonly NodeDurations[];
    readonly slowest: readonly TimedStep[];
  } {
    return {
      durationsByVersion: [...this.#versions]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([version, times]) => ({ version, ...durationsOf(times) })),
      durationsByNode: [...this.#nodes].map(([node, { sinceMs, lastMs, times }]) => ({
        node,
        ...durationsOf(times),
        fromMs: sinceMs - startedAtMs,
        toMs: lastMs - startedAtMs,
      })),
      slowest: [...this.#slowest],
    };
  }

  /** How long a step of any kind takes. */
  get meanMs(): number {
    return this.#all.meanMs;
  }

  /** How long a step of a version takes; undefined if none has ended. */
  meanOfVersion(version: string): number | undefined {
    return this.#versions.get(version)?.meanMs;
  }

  /** How long a step of a version takes on a node, as far as it is known; else on any node. */
  meanOn(node: string, version: string): number | undefined {
    const here = this.#nodes.get(node)?.byVersion.get(version);
    return here !== undefined && here.count >= enough ? here.meanMs : this.meanOfVersion(version);
  }

  /** How many steps of a version were timed on a node. */
  countOn(node: string, version: string): number {
    return this.#nodes.get(node)?.byVersion.get(version)?.count ?? 0;
  }

  /** Since when a node runs steps, and how much time they took, put together; undefined: none has started. */
  of(node: string): { readonly sinceMs: number; readonly busyMs: number } | undefined {
    const known = this.#nodes.get(node);
    return known && { sinceMs: known.sinceMs, busyMs: known.times.totalMs };
  }
}

function noTimes(): Times {
  return { count: 0, meanMs: 0, totalMs: 0, longestMs: 0 };
}

function durationsOf({ count, totalMs, longestMs }: Times): StepDurations {
  return { count, meanMs: count === 0 ? 0 : Math.round(totalMs / count), longestMs };
}

function timesOf(times: Map<string, Times>, version: string): Times {
  const known = times.get(version) ?? noTimes();
  times.set(version, known);
  return known;
}

function addDuration(times: Times, durationMs: number): void {
  times.count++;
  times.totalMs += durationMs;
  times.longestMs = Math.max(times.longestMs, durationMs);
  times.meanMs += (durationMs - times.meanMs) / Math.min(times.count, remembered);
}
