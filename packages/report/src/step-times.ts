/** How long steps took of late, and how many were timed. */
interface Times {
  meanMs: number;
  count: number;
}

/** What is known of the steps of one node. */
interface NodeTimes {
  /** When its first step started. */
  readonly sinceMs: number;
  /** The sum of the durations of its steps. */
  busyMs: number;
  readonly byVersion: Map<string, Times>;
}

/** A mean of more steps than this forgets the oldest: a server may get slower. */
const remembered = 50;
/** Fewer steps of a version on a node than this say less than those on the other nodes. */
const enough = 3;

/** How long the steps of a run take, by node and version. An event takes time that does not depend on their number. */
export class StepTimes {
  readonly #nodes = new Map<string, NodeTimes>();
  readonly #versions = new Map<string, Times>();
  readonly #all: Times = { meanMs: 0, count: 0 };

  /** Notes that a step starts. */
  start(node: string, nowMs: number): void {
    if (!this.#nodes.has(node)) {
      this.#nodes.set(node, { sinceMs: nowMs, busyMs: 0, byVersion: new Map() });
    }
  }

  /** Notes that a step has ended. */
  add(node: string, version: string, durationMs: number): void {
    const ofNode = this.#nodes.get(node);
    if (ofNode !== undefined) {
      ofNode.busyMs += durationMs;
      note(timesOf(ofNode.byVersion, version), durationMs);
    }
    note(timesOf(this.#versions, version), durationMs);
    note(this.#all, durationMs);
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
    return this.#nodes.get(node);
  }
}

function timesOf(times: Map<string, Times>, version: string): Times {
  const known = times.get(version) ?? { meanMs: 0, count: 0 };
  times.set(version, known);
  return known;
}

function note(times: Times, durationMs: number): void {
  times.count++;
  times.meanMs += (durationMs - times.meanMs) / Math.min(times.count, remembered);
}
