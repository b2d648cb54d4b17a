import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StepSet } from "./step-set.js";

describe("StepSet", () => {
  it("holds what a set of the same steps holds", () => {
    const step = fc.record({
      node: fc.constantFrom("a", "b", "__proto__"),
      shard: fc.nat(300).map(String),
      version: fc.constantFrom("v1", "v2"),
    });
    const change = fc.record({ step, change: fc.constantFrom("add", "add", "delete") });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 1000, size: "max" }), (changes) => {
        const steps = new StepSet();
        const expected = new Set<string>();
        for (const { step, change } of changes) {
          const key = JSON.stringify(step);
          const isThere = expected.has(key);
          if (change === "add") {
            expect(steps.add(step)).toBe(!isThere);
            expected.add(key);
          } else {
            expect(steps.delete(step)).toBe(isThere);
            expected.delete(key);
          }
          expect(steps.size).toBe(expected.size);
        }
        const listed = steps
          .byVersion()
          .flatMap(({ version, shards }) => shards.map((shard) => ({ ...shard, version })));
        expect(listed.map((step) => JSON.stringify(step)).sort()).toEqual([...expected].sort());
        expect([...steps]).toEqual(listed);
      }),
      { numRuns: 30 },
    );
  });
});
