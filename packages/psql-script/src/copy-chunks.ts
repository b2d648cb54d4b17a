const CHUNK_LENGTH = 0x10000;

/** The text in [start, end) in UTF-8, in pieces of limited size, made one by one. */
export function* copyChunks(text: string, start: number, end: number): Iterable<Buffer> {
  for (let from = start; from < end; ) {
    let to = Math.min(from + CHUNK_LENGTH, end);
    const splitsPair = to < end && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
    if (splitsPair) to--;
    yield Buffer.from(text.slice(from, to), "utf8");
    from = to;
  }
}
