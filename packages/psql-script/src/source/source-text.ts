/** A place in a script file; line and column from 1, the column in characters (code points). */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The text of a file, under the name that its user knows it by. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** The number of code points in [from, to) of a text. */
export function countCharacters(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    count++;
    if ((text.codePointAt(i) ?? 0) > 0xffff) {
      i++;
    }
  }
  return count;
}

/** The UTF-16 offset of the character with the given number (from 0) of a text. */
export function offsetOfCharacter(text: string, character: number): number {
  let offset = 0;
  for (let i = 0; i < character && offset < text.length; i++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Where a file's text begins: behind a byte order mark, which is no part of it. */
export function textStart(text: string): number {
  return text.charCodeAt(0) === 0xfeff ? 1 : 0;
}

/** The place of an offset (in UTF-16 units). Takes time in proportion to the offset. */
export function positionAt(source: SourceText, offset: number): SourcePosition {
  const { file, text } = source;
  let line = 1;
  let lineStart = textStart(text);
  for (;;) {
    const lineFeed = text.indexOf("\n", lineStart);
    if (lineFeed < 0 || lineFeed >= offset) {
      break;
    }
    line++;
    lineStart = lineFeed + 1;
  }
  return { file, line, column: countCharacters(text, lineStart, offset) + 1 };
}
