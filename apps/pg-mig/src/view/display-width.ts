import { eastAsianWidth } from "get-east-asian-width";

/** What most texts are: one column a character, and no need of the tables that the rest takes. */
const plain = /^[\x20-\x7E]*$/;

let segmenter: Intl.Segmenter | undefined;

/** Made when it is first needed: it takes longer than everything else that is drawn. */
function graphemesOf(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** What takes no column of its own: combining marks, joiners, the trailing parts of a Hangul syllable. */
const widthless = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF]$/u;

/**
 * What a terminal would obey instead of show, that would turn the direction of the text, or that
 * nobody sees: two names that look alike must not be two names.
 */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * How many columns a terminal needs at most for a text without control characters.
 *
 * Joined emoji count as if they were drawn side by side, as some terminals do: a line that is
 * measured too wide is cut early, one that is measured too narrow would wrap and break the screen.
 */
export function displayWidth(text: string): number {
  if (plain.test(text)) {
    return text.length;
  }
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += graphemeWidth(segment);
  }
  return width;
}

/** The longest start of a text that fits into `columns`; a character is never cut in two. */
export function cutToWidth(text: string, columns: number): string {
  if (plain.test(text)) {
    return text.slice(0, Math.max(0, columns));
  }
  let kept = "";
  let left = columns;
  for (const { segment } of graphemesOf(text)) {
    left -= graphemeWidth(segment);
    if (left < 0) {
      break;
    }
    kept += segment;
  }
  return kept;
}

/** Fills a text with blanks up to `columns`; a wider text stays as it is. */
export function padToWidth(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** A name in exactly so many columns. Of a long one the end is shown: names begin alike. */
export function fitToWidth(name: string, columns: number): string {
  if (displayWidth(name) <= columns) {
    return padToWidth(name, columns);
  }
  const characters = [...name];
  while (characters.length > 0 && displayWidth(characters.join("")) > columns - 1) {
    characters.shift();
  }
  return padToWidth(`…${characters.join("")}`, columns);
}

/** The width of the widest of some texts; 0 if there are none. */
export function widestOf(texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, displayWidth(text)), 0);
}

/**
 * Makes a text from outside (a name, a server's message) safe to print on one line: control and
 * direction characters become visible escapes, a tab becomes one blank, so that the caret below a
 * source line stays under its column.
 */
export function printable(text: string): string {
  return text.replaceAll("\t", " ").replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) {
      return `\\x${digits.padStart(2, "0")}`;
    }
    return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
  });
}

function graphemeWidth(grapheme: string): number {
  let width = 0;
  for (const character of grapheme) {
    if (!widthless.test(character)) {
      width += eastAsianWidth(character.codePointAt(0) ?? 0);
    }
  }
  // U+FE0F asks for the coloured, two columns wide form of a sign that is narrow as text.
  return grapheme.includes("\uFE0F") ? Math.max(width, 2) : width;
}
