import { DurationSpread, type Left } from "./duration-spread.js";
import { placeKey } from "./place-key.js";
import type { NodeDurations, StepDurations, VersionDurations } from "./report.js";
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

/** The times of so many shards are kept at least, and of twice as many at most: those that had a step last. */
const shardsKept = 10_000;
/** A mean of more steps than this forgets the oldest: a server may get slower. */
const remembered = 50;
/** Fewer steps of a version on a node than this say less than those on the other nodes. */
const enough = 3;

/** How long the steps of a shard took, and those of other shards with the same versions. */
interface ShardTimes {
  count: number;
  tookMs: number;
  usualMs: number;
}

/** How long the steps of a run take, by node and version. An event takes time that does not depend on their number. */
export class StepTimes {
  readonly #nodes = new Map<string, NodeTimes>();
  readonly #versions = new Map<string, Times>();
  readonly #all = noTimes();
  readonly #slowest: TimedStep[] = [];
  /** How long steps took in parts of what was expected of them. */
  readonly #parts = new DurationSpread();
  readonly #partsByVersion = new Map<string, DurationSpread>();
  #shards = new Map<string, ShardTimes>();
  /** Those that had no step since there was no more room: to take one after another out of a map would cost more. */
  #shardsBefore: ReadonlyMap<string, ShardTimes> = new Map();
  #isWatched = false;

  /** Keeps from now on what {@link leftOfStep} needs, too: a run that nobody watches does without. */
  watch(): void {
    this.#isWatched = true;
  }

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
    if (this.#isWatched) {
      this.#addToShard({ node, shard, version, durationMs });
    }
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

  #addToShard(step: TimedStep): void {
    const { node, version, durationMs } = step;
    const usualMs = this.meanOn(node, version);
    const key = placeKey(step);
    const known = this.#timesOfShard(key);
    const expectedMs = (usualMs ?? 0) * this.#slowness(known);
    if (usualMs === undefined || expectedMs === 0) {
      return;
    }
    const part = durationMs / expectedMs;
    this.#parts.add(part);
    let ofVersion = this.#partsByVersion.get(version);
    if (ofVersion === undefined) {
      ofVersion = new DurationSpread();
      this.#partsByVersion.set(version, ofVersion);
    }
    ofVersion.add(part);
    const times = known ?? { count: 0, tookMs: 0, usualMs: 0 };
    times.count++;
    times.tookMs += durationMs;
    times.usualMs += usualMs;
    if (this.#shards.size >= shardsKept && !this.#shards.has(key)) {
      this.#shardsBefore = this.#shards;
      this.#shards = new Map();
    }
    this.#shards.set(key, times);
  }

  #timesOfShard(key: string): ShardTimes | undefined {
    return this.#shards.get(key) ?? this.#shardsBefore.get(key);
  }

  /**
   * How many times longer than others a shard takes, by its steps so far. It is 1 unless they differ by
   * more than steps do by chance.
   */
  slownessOf(node: string, shard: string): number {
    return this.#slowness(this.#timesOfShard(placeKey({ node, shard })));
  }

  #slowness(known: ShardTimes | undefined): number {
    if (known === undefined || known.usualMs === 0) {
      return 1;
    }
    const off = known.tookMs / known.usualMs - 1;
    const chance = (4 * this.#parts.variance) / known.count;
    return off === 0 ? 1 : 1 + off * Math.max(0, 1 - chance / (off * off));
  }

  /**
   * What is left of a step that runs for `ageMs`, by the steps of its version that took longer than was
   * expected of them to the same degree; undefined: none did, or none has ended.
   */
  leftOfStep({ node, shard, version }: PlacedStep, ageMs: number): Left | undefined {
    const expectedMs = (this.meanOn(node, version) ?? 0) * this.slownessOf(node, shard);
    const parts = this.#partsByVersion.get(version);
    if (expectedMs === 0 || parts === undefined) {
      return undefined;
    }
    const left = parts.after(ageMs / expectedMs);
    return (
      left && {
        mean: left.mean * expectedMs,
        variance: left.variance * expectedMs * expectedMs,
      }
    );
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
  let known = times.get(version);
  if (known === undefined) {
    known = noTimes();
    times.set(version, known);
  }
  return known;
}

function addDuration(times: Times, durationMs: number): void {
  times.count++;
  times.totalMs += durationMs;
  times.longestMs = Math.max(times.longestMs, durationMs);
  times.meanMs += (durationMs - times.meanMs) / Math.min(times.count, remembered);
}
