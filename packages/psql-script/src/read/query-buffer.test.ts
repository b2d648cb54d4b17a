import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QueryBuffer } from "./query-buffer.js";

const file = "0123456789abcdefghij";

/** Text of the file, text that was put in, or a cut. */
const operation = fc.oneof(
  fc.record({ start: fc.nat(19), length: fc.nat(5) }),
  fc.record({ text: fc.string({ maxLength: 5 }), at: fc.nat(19) }),
  fc.record({ keep: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

describe("QueryBuffer", () => {
  it("knows where each of its characters comes from, whatever was added and cut off", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const buffer = new QueryBuffer();
        let model: { readonly character: string; readonly offset: number }[] = [];
        for (const step of operations) {
          if ("keep" in step) {
            const length = Math.floor(step.keep * model.length);
            buffer.truncate(length);
            model = model.slice(0, length);
          } else if ("at" in step) {
            buffer.addInserted(step.text, 0, step.text.length, step.at);
            for (const character of step.text.split("")) {
              model.push({ character, offset: step.at });
            }
          } else {
            const end = Math.min(step.start + step.length, file.length);
            buffer.addSource(file, step.start, end);
            for (let i = step.start; i < end; i++) {
              model.push({ character: file.charAt(i), offset: i });
            }
          }
          expect(buffer.length).toBe(model.length);
          expect(buffer.toString()).toBe(model.map(({ character }) => character).join(""));
          expect(model.map((_, i) => buffer.sourceOffset(i))).toEqual(
            model.map(({ offset }) => offset),
          );
        }
      }),
    );
  });
});
