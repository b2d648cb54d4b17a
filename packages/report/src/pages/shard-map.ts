import type { Place } from "@pg-mig/model";
import type { Report } from "../report.js";

/** What became of a shard, the worst first. `same`: the run had nothing to do there. */
export const shardOutcomes = ["failed", "left", "done", "same"] as const;

export type ShardOutcome = (typeof shardOutcomes)[number];

/** The shards of a node, sorted by name, each with what became of it. */
export interface MappedNode {
  readonly node: string;
  readonly shards: readonly { readonly shard: string; readonly state: ShardOutcome }[];
}

/** All shards that a report knows of, by node. Pure. */
export function mapShards(report: Report): readonly MappedNode[] {
  const nodes = new Map<string, Map<string, ShardOutcome>>();
  const mark = ({ node, shard }: Place, state: ShardOutcome) => {
    const shards = nodes.get(node) ?? new Map<string, ShardOutcome>();
    nodes.set(node, shards);
    const before = shards.get(shard) ?? "same";
    const isWorse = shardOutcomes.indexOf(state) <= shardOutcomes.indexOf(before);
    shards.set(shard, isWorse ? state : before);
  };
  for (const [lists, state] of [
    [report.latest, "same"],
    [report.doneByVersion, "done"],
  ] as const) {
    for (const { shards } of lists) {
      for (const place of shards) {
        mark(place, state);
      }
    }
  }
  for (const place of report.abandoned) {
    mark(place, "left");
  }
  for (const place of [...report.failed, ...report.inDoubt]) {
    mark(place, "failed");
  }
  return [...nodes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, shards]) => ({
      node,
      shards: [...shards]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([shard, state]) => ({ shard, state })),
    }));
}
