const chunkLength = 0x10000;

/** The text in [start, end) in UTF-8, in pieces of limited size, made one by one. */
export function* copyChunks(text: string, start: number, end: number): Iterable<Buffer> {
  for (let from = start; from < end; ) {
    let to = Math.min(from + chunkLength, end);
    const splitsPair = to < end && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
    if (splitsPair) {
      to--;
    }
    yield Buffer.from(text.slice(from, to), "utf8");
    from = to;
  }
}

/** Where the data lines that begin at `start` end, and where the line after their end begins. */
export function copyDataEnd(text: string, start: number): { end: number; next: number } {
  let from = start;
  for (;;) {
    const found = text.indexOf("\\.", from);
    if (found < 0) {
      return { end: text.length, next: text.length };
    }
    const isLineStart = found === start || text.charAt(found - 1) === "\n";
    const behind = text.charAt(found + 2) === "\r" ? found + 3 : found + 2;
    if (isLineStart && behind >= text.length) {
      return { end: found, next: text.length };
    }
    if (isLineStart && text.charAt(behind) === "\n") {
      return { end: found, next: behind + 1 };
    }
    from = found + 2;
  }
}

/** Where the line begins that is so many lines after the one at `start`. */
export function lineOffset(text: string, start: number, lines: number): number {
  let offset = start;
  for (let i = 0; i < lines; i++) {
    const lineFeed = text.indexOf("\n", offset);
    if (lineFeed < 0) {
      break;
    }
    offset = lineFeed + 1;
  }
  return offset;
}
