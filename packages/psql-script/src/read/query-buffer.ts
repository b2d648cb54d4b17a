/** A stretch of the text of a query, and where in the file it comes from. */
interface Segment {
  readonly text: string;
  readonly start: number;
  end: number;
  /** The place in the file that the whole stretch stands for, or undefined: it is the file's own text. */
  readonly at: number | undefined;
}

/** A query that is one statement with its semicolon, and is sent as it stands in the file. */
export interface QueryStretch {
  readonly start: number;
  readonly end: number;
  /** Where it begins for the server, after comments. */
  readonly content: number;
}

/**
 * The text of a query while it is put together from pieces of a file and of variables' values. It
 * remembers where each piece comes from, so that a position in the query leads back to the file.
 */
export class QueryBuffer {
  /** Where the parts of the query that are statements to the server begin, as indices into the query. */
  readonly contents: number[] = [];
  length = 0;
  /** It has the words COPY and STDIN: the server may ask for data. */
  mayCopyFromStdin = false;
  /**
   * Nothing may be glued to it: the server finds other ends in it than psql does, or it begins or ends
   * a transaction, which would take in what stands before it in the same message.
   */
  standsAlone = false;
  /** It ends with the semicolon that ends a statement. */
  terminated = false;

  #segments: Segment[] = [];
  #contentExpected = true;

  static ofStretch(text: string, { start, end, content }: QueryStretch): QueryBuffer {
    const query = new QueryBuffer();
    query.addSource(text, start, end);
    query.contents.push(content - start);
    query.terminated = true;
    return query;
  }

  /** All that is to be known of it, if that is so little. */
  asStretch(): QueryStretch | undefined {
    const [segment, ...more] = this.#segments;
    const [content, ...others] = this.contents;
    const isSimple = this.terminated && !this.standsAlone && !this.mayCopyFromStdin;
    return segment === undefined ||
      segment.at !== undefined ||
      more.length > 0 ||
      content === undefined ||
      others.length > 0 ||
      !isSimple
      ? undefined
      : { start: segment.start, end: segment.end, content: segment.start + content };
  }

  /** Adds text of the file itself, [start, end). */
  addSource(text: string, start: number, end: number): void {
    const last = this.#segments.at(-1);
    this.length += end - start;
    if (last !== undefined && last.at === undefined && last.end === start) {
      last.end = end;
    } else {
      this.#segments.push({ text, start, end, at: undefined });
    }
  }

  /** Adds text that stands for something at an offset in the file, such as a variable's value. */
  addInserted(text: string, start: number, end: number, at: number): void {
    this.length += end - start;
    this.#segments.push({ text, start, end, at });
  }

  /** Notes that something which is neither blank nor comment follows. */
  noteContent(): void {
    if (this.#contentExpected) {
      this.contents.push(this.length);
    }
    this.#contentExpected = false;
  }

  /** Notes that what follows is another statement of the same query (after a `\;`). */
  noteSeparator(): void {
    this.#contentExpected = true;
  }

  /** Cuts the query off after its first `length` UTF-16 units. */
  truncate(length: number): void {
    while (this.length > length) {
      const last = this.#segments.at(-1);
      if (last === undefined) {
        break;
      }
      const size = last.end - last.start;
      if (this.length - size >= length) {
        this.#segments.pop();
      } else {
        last.end -= this.length - length;
      }
      this.length -= Math.min(size, this.length - length);
    }
    while ((this.contents.at(-1) ?? -1) >= length) {
      this.contents.pop();
      this.#contentExpected = true;
    }
  }

  toString(): string {
    return this.#segments.map(({ text, start, end }) => text.slice(start, end)).join("");
  }

  /** The offset in the file that an index into the query comes from. */
  sourceOffset(index: number): number {
    let rest = index;
    for (const { start, end, at } of this.#segments) {
      if (rest < end - start) {
        return at ?? start + rest;
      }
      rest -= end - start;
    }
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : (last.at ?? last.end);
  }
}
