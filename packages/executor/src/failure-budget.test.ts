import type { StopAt } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FailureBudget } from "./failure-budget.js";

const limit = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined });
const anyStopAt: fc.Arbitrary<StopAt> = fc.record({
  failed: limit,
  failedPercent: fc.option(fc.constantFrom(0.5, 1, 10, 33, 100), { nil: undefined }),
  failedPerNode: limit,
});
const anyFailures = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 40 });

/** Whether a limit is reached by these failures, by the words of the contract. */
function isReached(stopAt: StopAt, failures: readonly string[], shards: number): boolean {
  const { failed = Infinity, failedPercent = Infinity, failedPerNode = Infinity } = stopAt;
  const onNode = ["a", "b", "c"].map((node) => failures.filter((one) => one === node).length);
  return (
    failures.length > 0 &&
    (failures.length >= failed ||
      (failures.length * 100) / shards >= failedPercent ||
      Math.max(...onNode) >= failedPerNode)
  );
}

describe("FailureBudget", () => {
  it("is spent with the first failure that reaches a limit, says so once, and stays spent", () => {
    fc.assert(
      fc.property(anyStopAt, anyFailures, fc.integer({ min: 40, max: 1000 }), (stopAt, all, n) => {
        const budget = new FailureBudget(stopAt, n);
        const told = all.map((node, index) => {
          const spent = budget.fail(node);
          expect(budget.isSpent).toBe(isReached(stopAt, all.slice(0, index + 1), n));
          return spent;
        });
        expect(told.filter((spent) => spent !== undefined)).toHaveLength(budget.isSpent ? 1 : 0);
      }),
    );
  });

  it("counts no failure of another node for the limit of a node", () => {
    const budget = new FailureBudget({ failedPerNode: 2 }, 10);
    expect(budget.fail("a")).toBeUndefined();
    expect(budget.fail("b")).toBeUndefined();
    expect(budget.fail("b")).toEqual({
      limit: "failedPerNode",
      failed: 2,
      node: "b",
      message: "2 shards failed on b, so nothing new starts (the setting `stopAt`).",
    });
  });

  it("takes percents of the shards that have something to run", () => {
    const budget = new FailureBudget({ failedPercent: 1 }, 101);
    expect(budget.fail("a")).toBeUndefined();
    expect(budget.fail("a")?.message).toBe(
      "2 of 101 shards failed, 1% or more, so nothing new starts (the setting `stopAt`).",
    );
  });

  it("says which limit of all was reached", () => {
    expect(new FailureBudget({ failed: 1 }, 5).fail("a")).toEqual({
      limit: "failed",
      failed: 1,
      message: "1 shard failed, so nothing new starts (the setting `stopAt`).",
    });
  });
});
