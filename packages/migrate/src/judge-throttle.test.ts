import type { Throttle } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeThrottle, type ThrottleAnswer, type ThrottleState } from "./judge-throttle.js";
import type { ThrottleReading } from "./throttle-reading.js";

const measures = ["lagMs", "lagBytes", "active", "blocked"] as const;
const value = fc.integer({ min: 0, max: 12 });
const reading = fc.record({
  lagMs: value,
  lagBytes: value,
  active: value,
  blocked: value,
  hold: fc.boolean(),
});
const limits = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.nat())
  .map(([pause, rest]) => ({ pause, resume: rest % pause }));
const throttles = fc.record(
  {
    lagMs: limits,
    lagBytes: limits,
    active: limits,
    blocked: limits,
    maxWaitMs: fc.integer({ min: 1, max: 50 }),
  },
  { requiredKeys: ["maxWaitMs"] },
);
const answers = fc.oneof(
  { weight: 8, arbitrary: reading.map((one): ThrottleAnswer => ({ type: "read", reading: one })) },
  { weight: 1, arbitrary: fc.constant<ThrottleAnswer>({ type: "unknown" }) },
  { weight: 1, arbitrary: fc.constant<ThrottleAnswer>({ type: "away" }) },
);
const course = fc.array(
  fc.record({ answer: answers, afterMs: fc.integer({ min: 0, max: 20 }), isWaiting: fc.boolean() }),
  { maxLength: 40 },
);

const calm: ThrottleState = { reasons: [] };

/** Judges one answer after the other. */
function follow(
  throttle: Throttle,
  events: typeof course extends fc.Arbitrary<infer T> ? T : never,
) {
  let state = calm;
  let nowMs = 0;
  return events.map(({ answer, afterMs, isWaiting }) => {
    nowMs += afterMs;
    const before = state;
    const judged = judgeThrottle(throttle, state, answer, { nowMs, isWaiting });
    ({ state } = judged);
    return { ...judged, before, answer, nowMs, isWaiting };
  });
}

const isPaused = ({ reasons }: ThrottleState) => reasons.length > 0;
const some = (
  throttle: Throttle,
  now: ThrottleReading,
  is: (value: number, limits: { pause: number; resume: number }) => boolean,
) =>
  measures.some((measure) => {
    const limit = throttle[measure];
    return limit !== undefined && is(now[measure] ?? 0, limit);
  });

describe("judgeThrottle", () => {
  it("pauses at one limit, goes on when all are at the other, and changes nothing in between", () => {
    fc.assert(
      fc.property(throttles, course, (throttle, events) => {
        for (const { state, before, answer } of follow(throttle, events)) {
          if (answer.type !== "read") {
            expect(isPaused(state)).toBe(answer.type === "unknown");
            continue;
          }
          const now = answer.reading;
          if (now.hold || some(throttle, now, (value, { pause }) => value >= pause)) {
            expect(isPaused(state)).toBe(true);
          } else if (!some(throttle, now, (value, { resume }) => value > resume)) {
            expect(isPaused(state)).toBe(false);
          } else if (!isPaused(before)) {
            expect(isPaused(state), "a reading between the limits pauses nothing").toBe(false);
          }
          for (const measure of measures) {
            const { resume = 0 } = throttle[measure] ?? {};
            const value = now[measure];
            if (before.reasons.includes(measure) && (value ?? 0) > resume) {
              expect(state.reasons, "a latch opens at its resume only").toContain(measure);
            }
          }
        }
      }),
    );
  });

  it("is not made to go on and off by what stays between the limits of each reading", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...measures),
        limits.filter(({ pause, resume }) => pause - resume > 1),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.boolean(),
        (measure, { pause, resume }, values, begins) => {
          const throttle = { [measure]: { pause, resume } };
          const start: ThrottleState = begins ? { reasons: [measure], sinceMs: 0 } : calm;
          let state = start;
          for (const one of values) {
            const between = resume + 1 + (one % (pause - resume - 1));
            const answer: ThrottleAnswer = { type: "read", reading: { [measure]: between } };
            ({ state } = judgeThrottle(throttle, state, answer, { nowMs: 1, isWaiting: false }));
          }
          expect(state.reasons).toEqual(start.reasons);
        },
      ),
    );
  });

  it("is over when something has waited for maxWait without a break, and not before", () => {
    fc.assert(
      fc.property(throttles, course, (throttle, events) => {
        let waitingSinceMs: number | undefined;
        let sinceMs: number | undefined;
        for (const { state, isOver, nowMs, isWaiting } of follow(throttle, events)) {
          sinceMs = isPaused(state) ? (sinceMs ?? nowMs) : undefined;
          waitingSinceMs = isPaused(state) && isWaiting ? (waitingSinceMs ?? nowMs) : undefined;
          const waitedMs = waitingSinceMs === undefined ? -1 : nowMs - waitingSinceMs;
          expect(isOver).toBe(waitedMs >= throttle.maxWaitMs);
          expect(state.sinceMs).toBe(sinceMs);
        }
      }),
    );
  });

  it("waits for half an hour if nothing else is said", () => {
    const state: ThrottleState = { reasons: ["hold"], sinceMs: 0, waitingSinceMs: 0 };
    const answer: ThrottleAnswer = { type: "read", reading: { hold: true } };
    const at = (nowMs: number) => judgeThrottle({}, state, answer, { nowMs, isWaiting: true });
    expect([at(1_799_999).isOver, at(1_800_000).isOver]).toEqual([false, true]);
  });
});
