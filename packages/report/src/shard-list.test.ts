import { describe, expect, it } from "vitest";
import { listShards } from "./shard-list.js";
import { shardNames } from "./testing/run-events.js";

const on = (node: string, shards: readonly string[]) => shards.map((shard) => ({ node, shard }));

describe("listShards", () => {
  it("gives each node its ranges, sorted by node", () => {
    const shards = [...on("node2", ["public"]), ...on("node1", [...shardNames(24), "sh0030"])];
    expect(listShards(shards)).toBe("node1:sh0000-0023, sh0030; node2:public");
  });

  it("counts the shards that it leaves out on a node with many gaps", () => {
    const everyOther = shardNames(100).filter((_, index) => index % 2 === 0);
    expect(listShards([...on("a", everyOther), ...on("b", shardNames(9))])).toBe(
      "a:sh0000, sh0002, sh0004, sh0006, sh0008, sh0010, … 44 more; b:sh0000-0008",
    );
  });

  it("counts the nodes that it leaves out", () => {
    const nodes = Array.from({ length: 40 }, (_, index) => `n${10 + index}`);
    const list = listShards(nodes.flatMap((node) => on(node, shardNames(5))));
    expect(list).toMatch(/^n10:sh0000-0004; .*n21:sh0000-0004; … 140 more on 28 nodes$/);
  });

  it("is empty for no shards", () => {
    expect(listShards([])).toBe("");
  });
});
