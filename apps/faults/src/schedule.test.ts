import { describe, expect, it } from "vitest";
import type { Fault } from "./fault.js";
import { Random } from "./random.js";
import { schedule } from "./schedule.js";

const fault = (name: string, weight: number): Fault => ({
  name,
  row: 1,
  weight,
  inject: () => Promise.reject(new Error("It is never made.")),
});
const faults = [fault("rare", 1), fault("frequent", 2)];

const made = (due: Iterable<{ readonly fault: Fault; readonly seed: number }>) =>
  [...due].map(({ fault: { name }, seed }) => `${name} ${seed}`);

describe("schedule", () => {
  it("makes every fault so many times, each time with the next seed", () => {
    const due = schedule(faults, 7, { times: 2 }, () => 0);
    expect(made(due)).toEqual(["rare 7", "frequent 7", "rare 8", "frequent 8"]);
  });

  it("makes faults by their weights, round by round, until the time is over", () => {
    let elapsedMs = 0;
    const due = schedule(faults, 1, { minutes: 1 }, () => (elapsedMs += 20_000));
    expect(made(due)).toEqual(["rare 1", "frequent 1", "frequent 2"]);
  });
});

describe("Random", () => {
  it("draws the same for the same seed and fault, and else something different", () => {
    const drawn = (seed: number, purpose: string) => {
      const random = new Random(seed, purpose);
      return Array.from({ length: 5 }, () => random.integer(0, 1000)).join();
    };
    expect(drawn(1, "a fault")).toBe(drawn(1, "a fault"));
    const all = [drawn(1, "a fault"), drawn(2, "a fault"), drawn(1, "another fault")];
    expect(new Set(all).size).toBe(3);
  });

  it("draws every whole number between two, and none outside", () => {
    const random = new Random(1, "");
    const drawn = new Set(Array.from({ length: 200 }, () => random.integer(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });
});
