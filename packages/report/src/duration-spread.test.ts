import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DurationSpread } from "./duration-spread.js";

function spreadOf(durations: readonly number[]): DurationSpread {
  const spread = new DurationSpread();
  for (const duration of durations) {
    spread.add(duration);
  }
  return spread;
}

const anyDurations = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 50 });

describe("DurationSpread", () => {
  it("expects of those that are left what is left of those that took longer", () => {
    const spread = spreadOf([1, 1, 1, 4, 10]);
    expect(spread.after(0)?.mean).toBeCloseTo(3.4);
    expect(spread.after(2)?.mean).toBeCloseTo(5);
    expect(spread.after(8)).toEqual({ mean: 2, variance: 0 });
    expect(spread.after(11)).toBeUndefined();
  });

  it("expects something at any age that some have exceeded by much, and nothing after all of them", () => {
    fc.assert(
      fc.property(
        anyDurations,
        fc.double({ min: 0.1, max: 1e9, noNaN: true }),
        (durations, age) => {
          const left = spreadOf(durations).after(age);
          if (durations.some((duration) => duration > 1.3 * age + 0.1)) {
            expect(left?.mean).toBeGreaterThan(0);
            expect(left?.mean).toBeLessThanOrEqual(Math.max(...durations) - age + 1e-3);
          }
          if (durations.every((duration) => duration <= age)) {
            expect(left).toBeUndefined();
          }
        },
      ),
    );
  });
});
