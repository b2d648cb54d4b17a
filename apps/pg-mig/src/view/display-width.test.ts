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

  it("leaves no control character of any text", () => {
    fc.assert(
      fc.property(anyName, (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });
});
