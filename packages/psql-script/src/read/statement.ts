import { Lexer } from "../lex/lexer.js";
import { type Token, tokenize } from "../lex/tokenize.js";
import type { SourcePosition } from "../source/source-text.js";
import type { QueryBuffer } from "./query-buffer.js";

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
  /** The tokens of `text`; joined, they are `text`. Computed when asked for. */
  readonly tokens: readonly Token[];
}

/** {@link Statement}, with what running it needs to know. */
export class ScriptStatement implements Statement {
  readonly text: string;
  readonly offset: number;
  readonly position: SourcePosition;
  /** Where the statements that the server counts in it begin, in UTF-16 units of the file: none for nothing but comments. */
  readonly contents: readonly number[];
  /** The text with its origin, to send it again. */
  readonly query: QueryBuffer;
  #tokens: readonly Token[] | undefined;

  constructor(query: QueryBuffer, position: SourcePosition) {
    this.text = query.toString();
    this.offset = query.sourceOffset(0);
    this.position = position;
    this.query = query;
    this.contents = query.contents.map((index) => query.sourceOffset(index));
  }

  get tokens(): readonly Token[] {
    this.#tokens ??= tokenize(this.text);
    return this.#tokens;
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
