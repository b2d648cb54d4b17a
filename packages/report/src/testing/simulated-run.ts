import type { RunEvent } from "../run-event.js";
import { shardNames } from "./run-events.js";

/** A run to be simulated: every shard of every node gets every version. */
export interface SimulatedRunOptions {
  readonly nodes: readonly string[];
  readonly shardsPerNode: number;
  readonly versions: readonly string[];
  /** Shards at a time per node. */
  readonly parallelism: number;
  /** How long a step takes that starts at `atMs`. */
  readonly durationMs: (step: {
    readonly node: string;
    readonly shard: number;
    readonly version: string;
    readonly atMs: number;
  }) => number;
}

/** An event and when it comes. */
export interface TimedEvent {
  readonly atMs: number;
  readonly event: RunEvent;
}

/** The events of a run in which all goes well, in the order of their times. Virtual time only. */
export function simulateRun(options: SimulatedRunOptions): readonly TimedEvent[] {
  const { nodes, shardsPerNode, versions, parallelism, durationMs } = options;
  const steps = nodes.length * shardsPerNode * versions.length;
  const events: TimedEvent[] = [
    {
      atMs: 0,
      event: {
        type: "run:start",
        action: "apply",
        nodes,
        addresses: nodes.map((node) => `${node}:5432/app`),
        shards: nodes.length * shardsPerNode,
        chains: nodes.length * shardsPerNode,
        steps,
        stepsByNode: nodes.map((node) => ({ node, steps: shardsPerNode * versions.length })),
        stepsByVersion: versions.map((version) => ({
          version,
          steps: nodes.length * shardsPerNode,
        })),
      },
    },
  ];
  for (const node of nodes) {
    const freeAtMs = Array.from({ length: parallelism }, () => 0);
    shardNames(shardsPerNode).forEach((name, shard) => {
      const slot = freeAtMs.indexOf(Math.min(...freeAtMs));
      let atMs = freeAtMs[slot] ?? 0;
      for (const version of versions) {
        const takesMs = durationMs({ node, shard, version, atMs });
        const step = { node, shard: name, version };
        events.push({ atMs, event: { type: "step:start", ...step } });
        atMs += takesMs;
        events.push({ atMs, event: { type: "step:done", ...step, durationMs: takesMs } });
      }
      freeAtMs[slot] = atMs;
    });
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}
