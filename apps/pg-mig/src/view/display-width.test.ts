import { anyName } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutToWidth, displayWidth, padToWidth, printable } from "./display-width.js";

describe("displayWidth", () => {
  it.each([
    { text: "sh0001", width: 6 },
    { text: "数据库", width: 6 },
    { text: "한글", width: 4 },
    { text: "한글".normalize("NFD"), width: 4 },
    { text: "é".normalize("NFD"), width: 1 },
    { text: "ｗｉｄｅ", width: 8 },
    { text: "🎉", width: 2 },
    { text: "❤️", width: 2 },
    { text: "1️⃣", width: 2 },
    { text: "🇫🇷", width: 2 },
    { text: "zero\u200Bwidth", width: 9 },
    { text: "", width: 0 },
  ])("counts $width columns for $text", ({ text, width }) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("never counts a joined emoji narrower than its parts side by side", () => {
    expect(displayWidth("👨‍👩‍👧")).toBe(6);
  });
});

describe("cutToWidth", () => {
  it("gives the longest start that fits, whole characters only", () => {
    expect(cutToWidth("数据库", 5)).toBe("数据");
    expect(cutToWidth("e\u0301te\u0301", 2)).toBe("e\u0301t");
  });

  it("gives a start of the text that is never too wide", () => {
    fc.assert(
      fc.property(anyName, fc.integer({ min: -1, max: 30 }), (text, columns) => {
        const cut = cutToWidth(text, columns);
        expect(text.startsWith(cut)).toBe(true);
        expect(displayWidth(cut)).toBeLessThanOrEqual(Math.max(0, columns));
      }),
    );
  });
});

describe("padToWidth", () => {
  it("aligns what follows narrow and wide texts", () => {
    expect([padToWidth("db", 6), padToWidth("数据", 6)].map(displayWidth)).toEqual([6, 6]);
  });
});

describe("printable", () => {
  it("shows what a terminal would obey", () => {
    expect(printable("a\u001B[31mb\u0007\u202Ec\nd")).toBe("a\\x1b[31mb\\x07\\u202ec\\x0ad");
  });

  it("leaves nothing of any text that a terminal would obey, or that nobody sees", () => {
    const hidden = fc.constantFrom(
      ...["\u0000", "\u001B", "\u007F", "\u0085", "\u009B", "\u00AD", "\u061C", "\u200B", "\u200D"],
      ...[
        "\u200F",
        "\u202E",
        "\u2028",
        "\u2029",
        "\u2060",
        "\u2066",
        "\u2069",
        "\uFEFF",
        "\u{E0001}",
      ],
    );
    const text = fc.array(fc.oneof(hidden, anyName)).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (any) => {
        expect(printable(any)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      }),
    );
  });

  it("shows two texts that differ in what nobody sees as two", () => {
    expect(new Set(["ab", "a\u200Bb", "a\u200Db", "a\u00ADb"].map(printable)).size).toBe(4);
  });
});
