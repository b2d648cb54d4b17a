import { displayWidth } from "./display-width.js";
import type { Terminal } from "./terminal.js";

/** Some lines at the bottom of a terminal that are drawn over again and again. */
export interface RepaintArea {
  /** Writes `above` for good, then draws `frame` below it in place of the last one. */
  paint(next: { readonly above: readonly string[]; readonly frame: readonly string[] }): void;
  /** Removes the frame, writes `above` for good and shows the cursor again. */
  erase(above: readonly string[]): void;
}

const hideCursor = "\u001B[?25l";
const showCursor = "\u001B[?25h";
const eraseRestOfLine = "\u001B[K";
const eraseBelow = "\u001B[J";

/** The colours of a drawn line, which take no columns. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
const colorCodes = /\u001B\[\d+m/g;

/**
 * Makes an area at the cursor. A frame is drawn over the last one line by line, in one write and
 * without clearing first, so that nothing flickers; an unchanged frame writes nothing. The caller
 * sees to it that no line of a frame is wider than the terminal.
 */
export function createRepaintArea(terminal: Pick<Terminal, "write" | "columns">): RepaintArea {
  let drawn: readonly string[] = [];
  let drawnColumns = terminal.columns();
  let cursor: "shown" | "hidden" = "shown";

  /** How many rows the area takes. In a window made narrower, its lines take more rows than before. */
  const rowsDrawn = () =>
    drawn.reduce((sum, text) => {
      const width = displayWidth(text.replaceAll(colorCodes, ""));
      return sum + Math.max(1, Math.ceil(width / terminal.columns()));
    }, 0);
  const up = (rows: number) => (rows === 0 ? "\r" : `\r\u001B[${rows}A`);
  const toTop = () => up(rowsDrawn());
  // Row by row: a terminal such as tmux keeps for good what is cleared at once from its first row on.
  const clear = () => {
    const rows = rowsDrawn();
    return `${up(rows)}${`${eraseRestOfLine}\n`.repeat(rows)}${rows === 0 ? "" : eraseBelow}${up(rows)}`;
  };
  // A line that a narrower window has wrapped is drawn over as two, and a terminal that remembers
  // the wrap would join them in a wider window: after a resize everything goes.
  const resized = () => terminal.columns() !== drawnColumns;
  // Lines above may wrap, onto rows that the old frame still fills: these are cleared beforehand.
  const forGood = (lines: readonly string[]) => lines.map((text) => `${text}\n`).join("");
  const asFrame = (lines: readonly string[]) =>
    lines.map((text) => `${text}${eraseRestOfLine}\n`).join("");

  return {
    paint: ({ above, frame }) => {
      if (above.length === 0 && !resized() && isSame(drawn, frame)) {
        return;
      }
      const hide = cursor === "shown" ? hideCursor : "";
      const start = resized() || above.length > 0 ? clear() : toTop();
      // Nothing is below a frame that is no shorter than the last one.
      const rest = frame.length === 0 || frame.length >= drawn.length ? "" : eraseBelow;
      terminal.write(`${hide}${start}${forGood(above)}${asFrame(frame)}${rest}`);
      cursor = "hidden";
      drawn = frame;
      drawnColumns = terminal.columns();
    },
    erase: (above) => {
      if (cursor === "hidden" || above.length > 0) {
        terminal.write(`${clear()}${forGood(above)}${showCursor}`);
      }
      cursor = "shown";
      drawn = [];
    },
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
