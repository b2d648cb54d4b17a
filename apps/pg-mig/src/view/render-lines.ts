import { type Line, renderLine } from "./styled-line.js";
import type { Terminal } from "./terminal.js";
import { wrapLine } from "./wrap-line.js";

/**
 * Draws lines as text, each ended by a line feed; nothing is cut. A terminal gets them broken at blanks; a
 * pipe as they are, so that a program finds on one line what belongs there.
 */
export function renderLines(
  lines: readonly Line[],
  terminal: Pick<Terminal, "colors" | "isTty" | "columns">,
): string {
  const { colors } = terminal;
  const room = terminal.isTty ? terminal.columns() : Number.POSITIVE_INFINITY;
  return lines
    .flatMap((spans) => wrapLine(spans, room))
    .map((spans) => `${renderLine(spans, { colors })}\n`)
    .join("");
}
