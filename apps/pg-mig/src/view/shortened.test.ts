import fc from "fast-check";
import { expect, it } from "vitest";
import { shortened } from "./shortened.js";

it("leaves a short text as it is, and says how much of a long one is left out", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60, unit: "grapheme" }),
      fc.integer({ min: 2, max: 50 }),
      (text, longest) => {
        const shown = shortened(text, longest);
        if (text.length <= longest) {
          expect(shown).toBe(text);
          return;
        }
        const [, kept = "", more = ""] = /^(.*) … \((\d+) more/s.exec(shown) ?? [];
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length + Number(more)).toBe(text.length);
        expect(/[\uD800-\uDBFF]$/.test(kept)).toBe(false);
      },
    ),
  );
});

it("shows 10 MB in some lines", () => {
  const shown = shortened("x".repeat(10_000_000));
  expect(shown.length).toBeLessThan(2100);
  expect(shown).toContain("9,998,000 more characters");
});
