import { shardNames } from "@pg-mig/report/testing";
import { describe, expect, it } from "vitest";
import { renderLine } from "./styled-line.js";
import { type MappedShard, versionsMapLines } from "./versions-map.js";

const map = (shards: readonly MappedShard[]) =>
  versionsMapLines(shards).map((spans) => renderLine(spans, { colors: false }));

const state = (node: string, shard: string, more: Partial<MappedShard> = {}): MappedShard => ({
  node,
  shard,
  applied: 4,
  latest: "20240105.index.sh",
  pending: 0,
  ...more,
});

describe("versionsMapLines", () => {
  it("gives shards in the same state one line, oldest version first", () => {
    const rows = [
      ...shardNames(24).map((shard) => state("node2", shard)),
      ...shardNames(24).map((shard) => state("node1", shard)),
      state("node1", "public", { applied: 1, latest: "20240101.initial.public" }),
    ];
    expect(map(rows)).toEqual([
      "20240101.initial.public   1 version  node1:public",
      "20240105.index.sh        4 versions  node1:sh0000-0023; node2:sh0000-0023",
    ]);
  });

  it("keeps shards apart that are behind, empty or noted", () => {
    const rows = [
      state("n", "sh0001"),
      state("n", "sh0002", { latest: "20240104.x.sh", applied: 3, pending: 1 }),
      state("n", "sh0003", { latest: undefined, applied: 0, pending: 4 }),
      state("n", "sh0004", { note: "edited: 20240104.x.sh" }),
    ];
    expect(map(rows)).toEqual([
      "(none)             0 versions  4 pending  n:sh0003",
      "20240104.x.sh      3 versions  1 pending  n:sh0002",
      "20240105.index.sh  4 versions             n:sh0001",
      "20240105.index.sh  4 versions             n:sh0004  (edited: 20240104.x.sh)",
    ]);
  });

  it("has no line without shards", () => {
    expect(map([])).toEqual([]);
  });
});
