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

/** Where a statement stands: all that is to be known of one that is sent as it stands in the file. */
export interface StatementPlace {
  readonly offset: number;
  readonly end: number;
  /** Where its content begins, after comments. */
  readonly content: number;
  readonly line: number;
  readonly column: number;
}

/** {@link Statement}, with what running it needs to know. */
export class ScriptStatement implements Statement {
  readonly #source: SourceText;
  readonly #place: StatementPlace;
  /** Unless its place says it all. */
  readonly #query: QueryBuffer | undefined;

  private constructor(source: SourceText, place: StatementPlace, query: QueryBuffer | undefined) {
    this.#source = source;
    this.#place = place;
    this.#query = query;
  }

  /** The one that was read into a query. */
  static read(
    source: SourceText,
    query: QueryBuffer,
    { line, column }: SourcePosition,
  ): ScriptStatement {
    const offset = query.sourceOffset(0);
    const stretch = query.asStretch();
    const { end, content } = stretch ?? { end: 0, content: 0 };
    const place = { offset, end, content, line, column };
    return new ScriptStatement(source, place, stretch === undefined ? query : undefined);
  }

  /** Makes a statement again from its place. */
  static at(source: SourceText, place: StatementPlace): ScriptStatement {
    return new ScriptStatement(source, place, undefined);
  }

  /** All that is to be known of it, if that is so little. */
  get place(): StatementPlace | undefined {
    return this.#query === undefined ? this.#place : undefined;
  }

  get offset(): number {
    return this.#place.offset;
  }

  get text(): string {
    return this.#query?.toString() ?? this.#source.text.slice(this.offset, this.#place.end);
  }

  get position(): SourcePosition {
    const { line, column } = this.#place;
    return { file: this.#source.file, line, column };
  }

  get tokens(): readonly Token[] {
    return tokenize(this.text);
  }

  /** Where the statements that the server counts in it begin, in UTF-16 units of the file: none for nothing but comments. */
  get contents(): readonly number[] {
    const query = this.#query;
    return query?.contents.map((index) => query.sourceOffset(index)) ?? [this.#place.content];
  }

  /** Its last character is the semicolon that ends it. */
  get terminated(): boolean {
    return this.#query?.terminated ?? true;
  }

  /** The text with its origin, to send it again. */
  get query(): QueryBuffer {
    const { offset: start, end, content } = this.#place;
    return this.#query ?? QueryBuffer.ofStretch(this.#source.text, { start, end, content });
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
