import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { excerptAt } from "./excerpt.js";
import { positionAt } from "./source-text.js";

const excerpt = (text: string, offset: number) => excerptAt({ file: "a.sql", text }, offset);

describe("excerptAt", () => {
  it("puts the caret under the character, behind tabs and wide characters", () => {
    expect(excerpt("select 1;\n\tab cd\n", 14)).toBe("\tab cd\n\t   ^");
    expect(excerpt("'表é' x", 5)).toBe("'表é' x\n      ^");
  });
  it("shows lines of Windows, a byte order mark and the end of a file without what is invisible", () => {
    expect(excerpt("\ufeffab\r\ncd", 2)).toBe("ab\n ^");
    expect(excerpt("ab", 2)).toBe("ab\n  ^");
  });
  it("shows of a long line only the surroundings", () => {
    const [line, caret] = excerpt(`${"a".repeat(500)}X${"b".repeat(500)}`, 500).split("\n");
    expect(line?.length).toBeLessThan(130);
    expect(line?.charAt(caret?.indexOf("^") ?? -1)).toBe("X");
  });
});

describe("positionAt", () => {
  it("counts lines and characters as a walk over the text does", () => {
    const text = fc
      .array(fc.constantFrom("a", "é", "𝒳", "\t", "\r\n", "\n"), { maxLength: 40 })
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.nat(60), (sql, at) => {
        const characters = [...sql];
        const before = characters.slice(0, at);
        const offset = before.join("").length;
        const lines = before.join("").split("\n");
        expect(positionAt({ file: "f", text: sql }, offset)).toEqual({
          file: "f",
          line: lines.length,
          column: [...(lines.at(-1) ?? "")].length + 1,
        });
      }),
    );
  });

  it("cuts what it shows out of a line that is too long to be taken apart", () => {
    const text = `${"a".repeat(140e6)}x😀${"b".repeat(100)}`;
    const shown = excerptAt({ file: "f", text }, 140e6);
    expect(shown).toBe(`…${"a".repeat(60)}x😀${"b".repeat(58)}…\n${" ".repeat(61)}^`);
  });
});
