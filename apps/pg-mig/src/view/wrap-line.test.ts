import { anyName } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "./display-width.js";
import { type Line, line, renderLine } from "./styled-line.js";
import { wrapLine } from "./wrap-line.js";

const texts = (lines: readonly Line[]) =>
  lines.map((spans) => renderLine(spans, { colors: false }));
const words = (text: string) => text.split(" ").filter((word) => word !== "");

describe("wrapLine", () => {
  it("breaks at blanks, and indents what goes on below its line", () => {
    const spans: Line = [{ text: "  shards: ", tone: "quiet" }, { text: "db1:sh1, sh3; db2:sh1" }];
    expect(texts(wrapLine(spans, 20))).toEqual(["  shards: db1:sh1,", "    sh3; db2:sh1"]);
    expect(texts(wrapLine(spans, 80))).toEqual(["  shards: db1:sh1, sh3; db2:sh1"]);
  });

  it("keeps the tones, and blanks within a line", () => {
    expect(wrapLine([{ text: "a  b ", tone: "bad" }, { text: "c" }], 4)).toEqual([
      [{ text: "a  b", tone: "bad" }],
      [{ text: "  c" }],
    ]);
  });

  it("leaves whole what must not be broken: a word, and a text that is shown as it is", () => {
    expect(texts(wrapLine(line("see https://example.com/page now"), 12))).toEqual([
      "see",
      "  https://example.com/page",
      "  now",
    ]);
    const source: Line = [{ text: "    SELECT 1 FROM nowhere;", wrap: "never" }];
    expect(wrapLine(source, 12)).toEqual([source]);
  });

  it("loses no word, and has no line that is too wide but for one word, for any text and width", () => {
    const spans = fc.array(fc.record({ text: fc.oneof(anyName, fc.lorem({ maxCount: 12 })) }));
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 60 }), (whole, columns) => {
        const wrapped = texts(wrapLine(whole, columns));
        expect(wrapped.flatMap(words)).toEqual(words(renderLine(whole, { colors: false })));
        for (const text of wrapped) {
          expect(displayWidth(text) <= columns || words(text).length === 1).toBe(true);
        }
      }),
    );
  });
});
