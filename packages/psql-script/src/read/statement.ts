import { Lexer } from "../lex/lexer.js";
import { type Token, tokenize } from "../lex/tokenize.js";
import type { SourcePosition, SourceText } from "../source/source-text.js";
import { QueryBuffer } from "./query-buffer.js";

/** One SQL statement of a script, as psql would send it. */
export interface Statement {
  /**
   * What psql sends: from the first token to the semicolon that ends it (which only the last
   * statement of a file may lack), without the blanks and line comments before it and without empty
   * lines in it. Empty lines inside of literals stay.
   */
  readonly text: string;
  /** Where it begins in the file's text, in UTF-16 units. */
  readonly offset: number;
  readonly position: SourcePosition;
  /** The tokens of `text`; joined, they are `text`. Computed each time. */
  readonly tokens: readonly Token[];
}

/**
 * {@link Statement}, with what running it needs to know. A dump has hundreds of thousands of them: of one that
 * is sent as it stands in the file, only its place is kept.
 */
export class ScriptStatement implements Statement {
  readonly offset: number;
  readonly #source: SourceText;
  readonly #line: number;
  readonly #column: number;
  /** Where it ends, and where its content begins, unless `#query` is kept. */
  readonly #end: number;
  readonly #content: number;
  readonly #query: QueryBuffer | undefined;

  constructor(source: SourceText, query: QueryBuffer, { line, column }: SourcePosition) {
    const stretch = query.asStretch();
    this.offset = query.sourceOffset(0);
    this.#source = source;
    this.#line = line;
    this.#column = column;
    this.#end = stretch?.end ?? 0;
    this.#content = stretch?.content ?? 0;
    this.#query = stretch === undefined ? query : undefined;
  }

  get text(): string {
    return this.#query?.toString() ?? this.#source.text.slice(this.offset, this.#end);
  }

  get position(): SourcePosition {
    return { file: this.#source.file, line: this.#line, column: this.#column };
  }

  get tokens(): readonly Token[] {
    return tokenize(this.text);
  }

  /** Where the statements that the server counts in it begin, in UTF-16 units of the file: none for nothing but comments. */
  get contents(): readonly number[] {
    const query = this.#query;
    return query?.contents.map((index) => query.sourceOffset(index)) ?? [this.#content];
  }

  /** Its last character is the semicolon that ends it. */
  get terminated(): boolean {
    return this.#query?.terminated ?? true;
  }

  /** The text with its origin, to send it again. */
  get query(): QueryBuffer {
    const stretch = { start: this.offset, end: this.#end, content: this.#content };
    return this.#query ?? QueryBuffer.ofStretch(this.#source.text, stretch);
  }
}

/**
 * The upper-cased words that a statement begins with, at most `count`: unquoted words only, up to the
 * first token that is something else. Blanks and comments are skipped.
 */
export function leadingWords(statement: Pick<Statement, "text">, count: number): string[] {
  return leadingWordsOf(statement.text, count);
}

export function leadingWordsOf(text: string, count: number): string[] {
  const lexer = new Lexer({ schemaRoutines: true });
  const words: string[] = [];
  let offset = 0;
  while (words.length < count && offset < text.length) {
    const lineFeed = text.indexOf("\n", offset);
    const lineEnd = lineFeed < 0 ? text.length : lineFeed;
    while (offset < lineEnd && words.length < count) {
      const end = lexer.next(text, offset, lineEnd);
      if (lexer.kind === "word") {
        words.push(text.slice(offset, end).toUpperCase());
      } else if (!["space", "line-comment", "block-comment"].includes(lexer.kind)) {
        return words;
      }
      offset = end;
    }
    offset++;
  }
  return words;
}
