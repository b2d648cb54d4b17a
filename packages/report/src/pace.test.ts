import { describe, expect, it } from "vitest";
import { notePace, type Pace, startPace, stepsPerSecond } from "./pace.js";

/** Looks at the work ten times a second, while it goes on at a steady rate. */
function goOn(pace: Pace, from: { atMs: number; finished: number }, seconds: number, rate: number) {
  return Array.from({ length: seconds * 10 }).reduce<Pace>(
    (current, _, index) =>
      notePace(
        current,
        from.finished + Math.floor(((index + 1) * rate) / 10),
        from.atMs + (index + 1) * 100,
      ),
    pace,
  );
}

const begin = { atMs: 0, finished: 0 };

describe("stepsPerSecond", () => {
  it("is unknown before anything is done", () => {
    expect(stepsPerSecond(goOn(startPace(0), begin, 5, 0))).toBeUndefined();
  });

  it("follows the pace of late, not that of the whole run", () => {
    const quick = goOn(startPace(0), begin, 10, 100);
    expect(stepsPerSecond(quick)).toBeCloseTo(100, 0);
    const slow = goOn(quick, { atMs: 10_000, finished: 1000 }, 60, 4);
    expect(stepsPerSecond(slow)).toBeCloseTo(4, 0);
  });

  it("judges slow work by all of its time", () => {
    expect(stepsPerSecond(goOn(startPace(0), begin, 600, 1 / 60))).toBeCloseTo(1 / 60, 3);
  });

  it("changes once a second at most", () => {
    const paces = Array.from({ length: 30 }, (_, tenths) =>
      stepsPerSecond(notePace(goOn(startPace(0), begin, 3, 7), 21 + tenths, 3000 + tenths * 100)),
    );
    expect(new Set(paces.slice(0, 10)).size).toBe(1);
    expect(paces[10]).not.toBe(paces[0]);
  });
});
