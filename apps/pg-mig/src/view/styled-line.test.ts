import { stripVTControlCharacters } from "node:util";
import { anyName } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { displayWidth } from "./display-width.js";
import { renderLines } from "./render-lines.js";
import { type Line, line, renderLine } from "./styled-line.js";

const spans = fc.array(
  fc.record({ text: anyName, tone: fc.constantFrom("bad", "good", "quiet" as const) }),
);

describe("renderLine", () => {
  it("is one line and no wider than it may be, whatever the texts hold", () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 60 }), fc.boolean(), (line, columns, colors) => {
        const drawn = stripVTControlCharacters(renderLine(line, { columns, colors }));
        expect(drawn).not.toMatch(/\p{Cc}/u);
        expect(displayWidth(drawn)).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("marks that a line was cut, and only then", () => {
    const line = [{ text: "node1:" }, { text: "sh0001" }];
    expect(renderLine(line, { columns: 12, colors: false })).toBe("node1:sh0001");
    expect(renderLine(line, { columns: 11, colors: false })).toBe("node1:sh00…");
    expect(renderLine(line, { columns: 6, colors: false })).toBe("node1…");
  });

  it("ends each colour where its text ends, also in a line that was cut", () => {
    const line = [{ text: "failed ", tone: "bad" as const }, { text: "sh0001" }];
    expect(renderLine(line, { colors: true })).toBe("\u001B[31mfailed \u001B[39msh0001");
    expect(renderLine(line, { colors: true, columns: 4 })).toBe("\u001B[31mfai\u001B[39m…");
  });

  it("writes no control code without colours", () => {
    expect(renderLine([{ text: "x", tone: "bad" }], { colors: false })).toBe("x");
  });
});

describe("renderLines", () => {
  it("measures nothing if there is no limit: a line may be the whole of a dump", () => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
    onTestFinished(() => segment.mockRestore());
    const source: Line = [{ text: "SELECT 'ä';", wrap: "never" }];
    const texts = [line("é é"), source];
    const pipe = { colors: false, isTty: false, columns: () => 2 };
    expect(renderLines(texts, pipe)).toBe("é é\nSELECT 'ä';\n");
    expect(renderLines([source], { ...pipe, isTty: true })).toBe("SELECT 'ä';\n");
    expect(segment).not.toHaveBeenCalled();
    expect(renderLines(texts, { ...pipe, isTty: true })).toBe("é\n  é\nSELECT 'ä';\n");
    expect(segment).toHaveBeenCalled();
  });
});
