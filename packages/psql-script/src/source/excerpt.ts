import { type SourceText, textStart } from "./source-text.js";

/** How many characters of a long line are shown on each side of the caret. */
const reach = 60;

/** Characters that take two columns in a terminal: Chinese, Japanese, Korean, most emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const noWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

/**
 * Shows the line of an offset and, below it, a caret under the very character. Tabs stay tabs in both
 * lines and wide characters are counted double, so the caret sits right in a terminal. Of a long line
 * only the surroundings are shown.
 */
export function excerptAt(source: SourceText, offset: number): string {
  const { text } = source;
  const lineStart = Math.max(text.lastIndexOf("\n", offset - 1) + 1, textStart(text));
  const lineFeed = text.indexOf("\n", offset);
  const lineEnd = lineFeed < 0 ? text.length : lineFeed;
  // A line may be the whole of a dump: it is not taken apart. A character has two units at most.
  const before = [...text.slice(Math.max(lineStart, offset - 2 * reach - 1), offset)];
  const after = [
    ...text.slice(offset, Math.min(lineEnd, offset + 2 * reach + 1)).replace(/\r$/, ""),
  ];
  const cutBefore = before.length > reach ? ["…", ...before.slice(-reach)] : before;
  const cutAfter = after.length > reach ? [...after.slice(0, reach), "…"] : after;
  const shown = [...cutBefore, ...cutAfter].map((c) => (isControl(c) ? " " : c)).join("");
  return `${shown}\n${cutBefore.map(blank).join("")}^`;
}

function isControl(character: string): boolean {
  return character < " " && character !== "\t";
}

function blank(character: string): string {
  if (character === "\t") {
    return "\t";
  }
  if (noWidth.test(character)) {
    return "";
  }
  return wide.test(character) ? "  " : " ";
}
