import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lockTimeoutMs, retryPauseMs } from "./retry-pause.js";

describe("lockTimeoutMs", () => {
  it("grows from a tenth of a second to the maximum, and never beyond, never to none", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 10_000 }), (attempt, maximum) => {
        const timeout = lockTimeoutMs(attempt, maximum);
        expect(timeout).toBeGreaterThan(0);
        expect(timeout).toBeLessThanOrEqual(maximum);
        expect(timeout).toBeLessThanOrEqual(lockTimeoutMs(attempt + 1, maximum));
      }),
    );
    expect([0, 5].map((attempt) => lockTimeoutMs(attempt, 2000))).toEqual([100, 2000]);
  });
});

describe("retryPauseMs", () => {
  it("doubles its range with every attempt, up to a minute, or two seconds for a taken shard", () => {
    expect([0, 1, 2].map((attempt) => retryPauseMs("lock-timeout", attempt, 1))).toEqual([
      250, 500, 1000,
    ]);
    expect(retryPauseMs("deadlock", 50, 1)).toBe(60_000);
    expect(retryPauseMs("shard-taken", 50, 1)).toBe(2000);
    expect(retryPauseMs("lock-timeout", 3, 0)).toBe(0);
  });
});
