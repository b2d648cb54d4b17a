import { displayWidth, printable } from "./display-width.js";
import type { Line, Span } from "./styled-line.js";

/** How much deeper than its beginning the rest of a line is indented. */
const hanging = 2;

/**
 * Breaks a line at blanks so that no part is wider than `columns`; what goes on below is indented. A
 * word that is too wide stays whole, so that it can be copied, as does a line with a text that must not
 * be broken. Pure.
 */
export function wrapLine(spans: Line, columns: number): Line[] {
  if (columns === Number.POSITIVE_INFINITY || spans.some(({ wrap }) => wrap === "never")) {
    return [spans];
  }
  const safe = spans.map((span) => ({ ...span, text: printable(span.text) }));
  const text = safe.map((span) => span.text).join("");
  if (displayWidth(text) <= columns) {
    return [spans];
  }
  const indent = Math.min(/^ */.exec(text)?.[0].length ?? 0, Math.floor(columns / 2)) + hanging;
  const lines: Span[][] = [[]];
  let width = 0;
  // A word goes on over spans: "n1:" and "sh1," are not parted. It is held until its end is known.
  let word: Span[] = [];
  let blanks: Span[] = [];
  const widthOf = (parts: readonly Span[]) =>
    parts.reduce((sum, part) => sum + displayWidth(part.text), 0);
  const endWord = () => {
    if (word.length === 0) {
      return;
    }
    const isFirst = width === 0;
    if (!isFirst && width + widthOf(blanks) + widthOf(word) > columns) {
      lines.push([{ text: " ".repeat(indent) }]);
      width = indent;
      blanks = [];
    }
    lines.at(-1)?.push(...blanks, ...word);
    width += widthOf(blanks) + widthOf(word);
    word = [];
    blanks = [];
  };
  for (const { text: ofSpan, ...style } of safe) {
    for (const part of ofSpan.split(/( +)/)) {
      if (part.startsWith(" ")) {
        endWord();
        blanks.push({ ...style, text: part });
      } else if (part !== "") {
        word.push({ ...style, text: part });
      }
    }
  }
  endWord();
  return lines.map(joinAlike);
}

/** Neighbours of one tone as one span: a colour is switched on once. */
function joinAlike(spans: readonly Span[]): Line {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last.tone === span.tone) {
      joined[joined.length - 1] = { ...last, text: last.text + span.text };
    } else {
      joined.push(span);
    }
  }
  return joined;
}
