import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareShards } from "./plan.js";

// Names that are alike, and one after which code units and a locale disagree.
const name = fc.constantFrom("a", "a1", "a10", "a2", "B", "_");
const shard = fc
  .tuple(name, name)
  .map(([node, schema]) => ({ node: { name: node, label: "n" }, name: schema }));

describe("compareShards", () => {
  it("orders by node, then by shard, in code-unit order, and finds only equal ones equal", () => {
    fc.assert(
      fc.property(shard, shard, (a, b) => {
        // NUL comes before all that a name can hold.
        const [textA, textB] = [a, b].map(({ node, name: schema }) => `${node.name}\0${schema}`);
        const order = textA === textB ? 0 : (textA ?? "") < (textB ?? "") ? -1 : 1;
        expect(compareShards(a, b)).toBe(order);
      }),
      { numRuns: 1000 },
    );
  });
});
