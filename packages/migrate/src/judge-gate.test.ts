import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GateState, judgeGate } from "./judge-gate.js";

/** Asks a gate that answers so, one after the other, in virtual time; how it ends, and when. */
function course(
  gate: { readonly everyMs: number; readonly failures: number; readonly forMs: number },
  answers: readonly boolean[],
) {
  let state: GateState = { noes: 0 };
  let nowMs = 0;
  for (const [asked, yes] of answers.entries()) {
    const judged = judgeGate(gate, state, { yes }, { nowMs, endsAtMs: gate.forMs });
    if (judged.type !== "again") {
      return { type: judged.type, nowMs, asked: answers.slice(0, asked + 1) };
    }
    ({ state } = judged);
    nowMs += judged.inMs;
  }
  return { type: "under way", nowMs, asked: answers };
}

const gate = fc.record({
  everyMs: fc.integer({ min: 1, max: 100 }),
  failures: fc.integer({ min: 1, max: 5 }),
  forMs: fc.integer({ min: 0, max: 1000 }),
});

describe("a gate", () => {
  it("refuses if and only if it has said no so many times in a row", () => {
    fc.assert(
      fc.property(gate, fc.array(fc.boolean(), { minLength: 1 }), (given, answers) => {
        const { type, asked } = course(given, answers);
        const noes = asked.length - 1 - asked.lastIndexOf(true);
        expect(type === "refused").toBe(noes >= given.failures);
      }),
    );
  });

  it("passes with a yes at or after its time, and is asked no more", () => {
    fc.assert(
      fc.property(gate, fc.array(fc.boolean(), { minLength: 1 }), (given, answers) => {
        const { type, asked, nowMs } = course(given, answers);
        if (type === "passed") {
          expect(asked.at(-1)).toBe(true);
          expect(nowMs).toBeGreaterThanOrEqual(given.forMs);
        }
      }),
    );
  });

  it("that always says yes passes at the end of its time exactly", () => {
    fc.assert(
      fc.property(gate, (given) => {
        const asks = Math.ceil(given.forMs / given.everyMs) + 1;
        const yes = Array.from({ length: asks }, () => true);
        expect(course(given, yes)).toMatchObject({ type: "passed", nowMs: given.forMs });
      }),
    );
  });
});
