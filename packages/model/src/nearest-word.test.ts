import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearestWord } from "./nearest-word.js";

describe("nearestWord", () => {
  it.each([
    ["stauts", "status"],
    ["drfit", "drift"],
    ["Lst", "list"],
    ["chan", "chain"],
    ["unrelated", undefined],
  ])("%s: %s", (typed, meant) => {
    expect(nearestWord(typed, ["status", "drift", "list", "chain"])).toBe(meant);
  });
});

describe("editDistance", () => {
  it("is that of one change for a character inserted, deleted, replaced or swapped with its neighbour", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 2 }),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (word, at, character) => {
          const i = at % (word.length - 1);
          const [before, after] = [word.slice(0, i), word.slice(i)];
          const [first = "", second = ""] = after;
          for (const changed of [
            before + character + after,
            before + after.slice(1),
            before + character + after.slice(1),
            before + second + first + after.slice(2),
          ]) {
            expect(editDistance(word, changed)).toBe(changed === word ? 0 : 1);
            expect(editDistance(changed, word)).toBe(changed === word ? 0 : 1);
          }
        },
      ),
    );
  });
});
