import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLine } from "./json-line.js";

it("means the same as JSON, in one line without a character that cannot be seen", () => {
  const odd = fc.constantFrom("\u202E", "\u200B", "\uFEFF", "\u0085", "\u2028", "\u{E0001}", "\n");
  const text = fc
    .array(fc.oneof(odd, fc.string({ unit: "grapheme" })))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (value) => {
      const line = jsonLine({ [value]: value });
      expect(JSON.parse(line)).toEqual({ [value]: value });
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});
