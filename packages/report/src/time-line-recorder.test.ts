import fc from "fast-check";
import { expect, it } from "vitest";
import { TimeLineRecorder } from "./time-line-recorder.js";

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

it("counts each step once, in at most 240 pieces, however long the run is", () => {
  const step = fc.record({
    how: fc.constantFrom("done" as const, "failed" as const),
    atMs: fc.oneof(fc.nat(10_000), fc.nat(10_000_000)),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const recorder = new TimeLineRecorder();
      for (const { how, atMs } of steps) {
        recorder.add(how, atMs);
      }
      const { everyMs, done, failed } = recorder.timeLine;
      expect(done.length).toBeLessThanOrEqual(240);
      expect(failed).toHaveLength(done.length);
      for (const [counts, how] of [
        [done, "done"],
        [failed, "failed"],
      ] as const) {
        const wanted = steps.filter((one) => one.how === how);
        expect(sum(counts)).toBe(wanted.length);
        const first = Math.min(...wanted.map(({ atMs }) => atMs));
        expect(wanted.length === 0 || (counts[Math.floor(first / everyMs)] ?? 0) > 0).toBe(true);
      }
    }),
  );
});
