import { describe, expect, it } from "vitest";
import { FakeTerminal } from "./fake-terminal.test.support.js";
import { createRepaintArea } from "./repaint-area.js";

function areaOf(columns: number, rows: number) {
  const terminal = new FakeTerminal(columns, rows);
  return { terminal, area: createRepaintArea(terminal) };
}

describe("createRepaintArea", () => {
  it("draws each frame in place of the last one, also a shorter one", () => {
    const { terminal, area } = areaOf(20, 10);
    area.paint({ above: [], frame: ["a long first line", "second", "third"] });
    area.paint({ above: ["for good"], frame: ["short"] });
    expect(terminal.lines).toEqual(["for good", "short"]);
    area.erase(["the end"]);
    expect(terminal.lines).toEqual(["for good", "the end"]);
  });

  it("writes a frame once, and nothing for the same frame again", () => {
    const { terminal, area } = areaOf(20, 10);
    area.paint({ above: [], frame: ["same"] });
    area.paint({ above: [], frame: ["same"] });
    expect(terminal.writes).toBe(1);
  });

  it("leaves nothing of the old frame beside a line above that wraps", () => {
    const { terminal, area } = areaOf(10, 10);
    area.paint({ above: [], frame: ["xxxxxxxxx", "yyyyyyyyy", "zzzzzzzzz"] });
    area.paint({ above: ["0123456789ab"], frame: ["new"] });
    expect(terminal.lines).toEqual(["0123456789", "ab", "new"]);
  });

  it("finds the start of its frame in a window made narrower", () => {
    const { terminal, area } = areaOf(30, 10);
    area.paint({ above: ["above"], frame: ["twenty characters ..", "short"] });
    terminal.resize(12, 10);
    expect(terminal.lines).toHaveLength(4);
    area.paint({ above: [], frame: ["twenty cha…", "short"] });
    expect(terminal.lines).toEqual(["above", "twenty cha…", "short"]);
  });

  it("keeps its lines apart in a window made wider again", () => {
    const { terminal, area } = areaOf(30, 10);
    area.paint({ above: ["above"], frame: ["twenty characters ..", "short"] });
    terminal.resize(12, 10);
    area.paint({ above: [], frame: ["twenty cha…", "short"] });
    terminal.resize(30, 10);
    area.paint({ above: [], frame: ["twenty characters ..", "short"] });
    expect(terminal.lines).toEqual(["above", "twenty characters ..", "short"]);
  });

  it("hides the cursor while it draws over its frame", () => {
    const { terminal, area } = areaOf(30, 4);
    area.paint({ above: [], frame: ["x"] });
    expect(terminal.cursor).toBe("hidden");
    area.erase([]);
    expect(terminal.cursor).toBe("shown");
  });
});
