/** The BEGIN and the COMMIT around the data of large objects: where they begin. */
export interface LargeObjectFrame {
  readonly begin: number;
  readonly commit: number;
}

const beginLine = /BEGIN;\r?\n\r?\n/y;
const openLine = /SELECT pg_catalog\.lo_open\('\d+', 131072\);\r?\n/y;
const writeLine = /SELECT pg_catalog\.lowrite\(0, '\\{1,2}x[0-9a-f]*'\);\r?\n/y;
const closeLine = /SELECT pg_catalog\.lo_close\(0\);\r?\n\r?\n/y;
const commitLine = /COMMIT;\r?\n/y;

/**
 * Recognises what pg_dump writes for the data of large objects, from its BEGIN at `offset` on: nothing
 * but lo_open, lowrite and lo_close in pg_dump's own spelling, then COMMIT. Otherwise undefined.
 *
 * pg_dump frames this part alone, because a descriptor of a large object lives no longer than its
 * transaction. In a transaction that is open already, the two may be left out.
 */
export function largeObjectFrame(text: string, offset: number): LargeObjectFrame | undefined {
  let at = offset;
  const takes = (line: RegExp) => {
    line.lastIndex = at;
    const found = line.test(text);
    at = found ? line.lastIndex : at;
    return found;
  };
  if (!takes(beginLine)) {
    return undefined;
  }
  while (takes(openLine)) {
    while (takes(writeLine)) {}
    if (!takes(closeLine)) {
      return undefined;
    }
  }
  const commit = at;
  return takes(commitLine) ? { begin: offset, commit } : undefined;
}
