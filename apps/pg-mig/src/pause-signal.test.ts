import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextPause, pauseSignal } from "./pause-signal.js";

const at = (text: string) => new Date(`2026-03-10T${text}`);
const neither = { maxDurationMs: undefined, until: undefined };

describe("nextPause", () => {
  it("is at the next such time of day, which may be tomorrow's", () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(59), fc.nat(86_399_999), (hours, minutes, ms) => {
        const now = new Date(at("00:00:00").getTime() + ms);
        const until = [hours, minutes].map((part) => String(part).padStart(2, "0")).join(":");
        const next = nextPause({ ...neither, until }, now);
        const then = new Date(now.getTime() + (next?.inMs ?? 0));
        expect([then.getHours(), then.getMinutes(), then.getSeconds()]).toEqual([
          hours,
          minutes,
          0,
        ]);
        expect(next?.inMs).toBeGreaterThan(0);
        expect(next?.inMs).toBeLessThanOrEqual(24 * 3_600_000);
      }),
    );
  });

  it("is what comes first, and says what that was", () => {
    const settings = { maxDurationMs: 3_600_000, until: "06:00" };
    expect(nextPause(settings, at("04:00:00"))).toEqual({
      inMs: 3_600_000,
      reason: "The run has taken 1 h 00 min (the setting `maxDurationMs`).",
    });
    expect(nextPause(settings, at("05:59:00"))).toEqual({
      inMs: 60_000,
      reason: "It is 06:00 (the setting `until`).",
    });
    expect(nextPause(neither, at("04:00:00"))).toBeUndefined();
  });

  it("aborts a signal with the reason", async () => {
    expect(pauseSignal(neither, new Date())).toBeUndefined();
    const signal = pauseSignal({ ...neither, maxDurationMs: 5 }, new Date());
    await new Promise((resolve) => {
      signal?.addEventListener("abort", resolve);
      setTimeout(resolve, 10_000);
    });
    expect(signal?.reason).toContain("the setting `maxDurationMs`");
  });
});
