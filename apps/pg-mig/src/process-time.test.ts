import { describe, expect, it } from "vitest";
import { performance as ours } from "./process-time.js";

describe("the time of the process", () => {
  it("goes as that of Node's performance", () => {
    const times = Array.from({ length: 100 }, () => {
      const [before, first] = [performance.now(), ours.now()];
      const [second, after] = [ours.now(), performance.now()];
      return { least: second - first, most: after - before };
    });
    // Both are rounded.
    expect(times.filter(({ least, most }) => least < 0 || least > most + 0.001)).toEqual([]);
    expect(ours.now()).toBeGreaterThan(0);
  });
});
