import { copyDataEnd } from "../lex/copy-data.js";
import { type InputFrame, InputFrames } from "../lex/input-frames.js";
import { interpolate, type VariableLookup } from "../lex/interpolate.js";
import { Lexer } from "../lex/lexer.js";
import { type Opening, Openings } from "../lex/openings.js";
import {
  countCharacters,
  type SourcePosition,
  type SourceText,
  textStart,
} from "../source/source-text.js";
import { QueryBuffer } from "./query-buffer.js";

/**
 * Where a cursor stopped:
 * - `line`: before the lexing of a line; the moment to change how it is read, or to jump;
 * - `statement`: `query` holds a statement with its semicolon;
 * - `command`: after the backslash of a psql command;
 * - `end`: at the end of the file; `query` holds what is left.
 */
export type CursorStop = "line" | "statement" | "command" | "end";

export interface ScriptCursorOptions {
  readonly lookup: VariableLookup;
  /** A variable's value refers to the variable itself; it is left as text. */
  readonly onRecursion?: (name: string) => void;
  /** There is a `\;` or `\:`, which is not sent as it stands. */
  readonly onEscape?: () => void;
  /** See `StatementWords`. */
  readonly schemaRoutines: boolean;
}

/**
 * Walks through one script file as psql's main loop does: line by line, putting the next query
 * together. It knows no command and sends nothing; it stops where its owner has to act.
 */
export class ScriptCursor {
  readonly lexer: Lexer;
  /** What is left of the line; commands read their arguments from it. */
  readonly input = new InputFrames();
  query = new QueryBuffer();
  /** False in a branch that is not taken: text is read, but nothing is expanded or completed. */
  active = true;
  /** The number of the line being read, from 1. */
  line = 0;
  lineStart: number;
  /** Where the backslash of the command stands that was stopped at last. */
  commandOffset = 0;
  /** Where the line that follows begins. */
  nextLine: number;

  readonly #source: SourceText;
  readonly #options: ScriptCursorOptions;
  readonly #openings = new Openings();
  #lineEnd: number;
  #lineState: "none" | "announced" | "reading" = "none";
  #feedAt = -1;
  #queryPosition: SourcePosition;
  #knownColumn = { offset: -1, column: 1 };
  #dataLines = 0;

  constructor(source: SourceText, options: ScriptCursorOptions) {
    this.#source = source;
    this.#options = options;
    this.lexer = new Lexer(options);
    this.#queryPosition = { file: source.file, line: 1, column: 1 };
    this.lineStart = this.nextLine = this.#lineEnd = textStart(source.text);
  }

  /** The place in the file that is being read. */
  get offset(): number {
    return this.input.offset ?? (this.#lineState === "reading" ? this.#lineEnd : this.lineStart);
  }

  /** The text of the line, without its line feed. */
  get lineText(): string {
    return this.#source.text.slice(this.lineStart, this.#lineEnd);
  }

  /** Nothing is begun: no query, no literal, no parenthesis, no routine. */
  get atRest(): boolean {
    const { lexer } = this;
    return (
      this.query.length === 0 &&
      lexer.open === undefined &&
      lexer.parenDepth === 0 &&
      lexer.words.depth === 0
    );
  }

  /** What is open, and where it began. */
  get opening(): Opening | undefined {
    return this.#openings.current(this.lexer, this.offset);
  }

  /** Where the query begins. Only meaningful while `query` is not empty. */
  queryPosition(): SourcePosition {
    return this.#queryPosition;
  }

  /** The place of an offset in the line that is being read. */
  positionInLine(offset: number): SourcePosition {
    return { file: this.#source.file, line: this.line, column: this.#column(offset) };
  }

  /** Counts on from the column that was asked for last: a line may hold any number of statements. */
  #column(offset: number): number {
    const { text } = this.#source;
    const known = this.#knownColumn;
    const onward = known.offset >= this.lineStart && known.offset <= offset;
    const { offset: from, column } = onward ? known : { offset: this.lineStart, column: 1 };
    this.#knownColumn = { offset, column: column + countCharacters(text, from, offset) };
    return this.#knownColumn.column;
  }

  /** Starts a new query and returns the finished one. */
  takeQuery(): QueryBuffer {
    const { query } = this;
    const { words } = this.lexer;
    query.mayCopyFromStdin = words.mayCopyFromStdin;
    query.standsAlone ||= this.lexer.sawSplitEscape;
    this.lexer.sawSplitEscape = false;
    words.endStatement();
    this.query = new QueryBuffer();
    this.#feedAt = -1;
    return query;
  }

  /** Goes on reading at the start of a line (behind text that needs no reading, or is data). */
  jump(offset: number, line: number): void {
    this.nextLine = offset;
    this.line = line - 1;
    this.#lineState = "none";
  }

  /**
   * Takes the lines after the current one as the data of a COPY: up to the line `\\.`, which is
   * dropped, or to the end of the file. What is left of the current line is still to be read.
   */
  takeCopyData(): { readonly start: number; readonly end: number } {
    const { text } = this.#source;
    const start = Math.min(this.nextLine, text.length);
    const { end, next } = copyDataEnd(text, start);
    for (let i = text.indexOf("\n", start); i >= 0 && i < next; i = text.indexOf("\n", i + 1)) {
      this.#dataLines++;
    }
    this.nextLine = next;
    return { start, end };
  }

  /** Drops the rest of the line, and of the variables that are being expanded. */
  skipLine(): void {
    this.input.clear();
    this.#lineState = "none";
  }

  /** Reads on to the next stop. */
  advance(): CursorStop {
    for (;;) {
      if (this.#lineState === "none") {
        if (!this.#nextLine()) {
          return "end";
        }
        this.#lineState = "announced";
        return "line";
      }
      if (this.#lineState === "announced") {
        this.#beginLine();
      }
      const frame = this.input.top();
      if (frame === undefined) {
        this.#lineState = "none";
        continue;
      }
      const stop = this.#step(frame);
      if (stop !== undefined) {
        return stop;
      }
    }
  }

  #nextLine(): boolean {
    const { text } = this.#source;
    this.lineStart = this.nextLine;
    if (this.lineStart >= text.length) {
      return false;
    }
    const lineFeed = text.indexOf("\n", this.lineStart);
    this.#lineEnd = lineFeed < 0 ? text.length : lineFeed;
    this.nextLine = this.#lineEnd + 1;
    this.line += 1 + this.#dataLines;
    this.#dataLines = 0;
    return true;
  }

  #beginLine(): void {
    this.#lineState = "reading";
    this.#feedAt = -1;
    if (this.lineStart === this.#lineEnd && this.lexer.open === undefined) {
      return;
    }
    const { text } = this.#source;
    if (this.query.length > 0) {
      this.query.addSource(text, this.lineStart - 1, this.lineStart);
      this.#feedAt = this.query.length;
    }
    this.input.start(text, this.lineStart, this.#lineEnd);
  }

  #step(frame: InputFrame): CursorStop | undefined {
    const { lexer, query } = this;
    const start = frame.position;
    const at = this.offset;
    this.#openings.before(lexer);
    const end = lexer.next(frame.text, start, frame.end);
    frame.position = end;
    this.#openings.behind(lexer, at);
    switch (lexer.kind) {
      case "space":
      case "line-comment":
        if (query.length > 0) {
          this.#append(frame, start, end, at);
        }
        // A line comment ends with the value that it stands in, but not so for the server.
        if (frame.variable !== undefined && lexer.kind === "line-comment" && end === frame.end) {
          query.standsAlone = true;
        }
        return undefined;
      case "block-comment":
        this.#append(frame, start, end, at);
        return undefined;
      case "backslash":
        if (query.length === this.#feedAt) {
          query.truncate(query.length - 1);
        }
        this.#feedAt = -1;
        this.commandOffset = at;
        return "command";
      case "escape":
        this.#options.onEscape?.();
        if (frame.text.charAt(end - 1) === ";") {
          query.noteSeparator();
        } else {
          query.noteContent();
        }
        this.#append(frame, start + 1, end, frame.variable === undefined ? at + 1 : at);
        return undefined;
      case "terminator":
        this.#append(frame, start, end, at);
        if (!this.active) {
          return this.#endInactive();
        }
        query.terminated = true;
        return "statement";
      case "variable":
        this.#expand(frame, start, end, at);
        return undefined;
      default:
        if (lexer.kind !== "semicolon") {
          query.noteContent();
        }
        this.#append(frame, start, end, at);
        return undefined;
    }
  }

  #endInactive(): undefined {
    this.lexer.words.endStatement();
  }

  #append(frame: InputFrame, start: number, end: number, at: number): void {
    this.#noteStart(at);
    if (frame.variable === undefined) {
      this.query.addSource(frame.text, start, end);
    } else {
      this.query.addInserted(frame.text, start, end, at);
    }
  }

  #noteStart(at: number): void {
    if (this.query.length > 0) {
      return;
    }
    this.#queryPosition = this.positionInLine(at);
  }

  #expand(frame: InputFrame, start: number, end: number, at: number): void {
    const reference = frame.text.slice(start, end);
    const expansion = this.active ? interpolate(reference, this.#options.lookup) : undefined;
    if (expansion === undefined) {
      this.query.noteContent();
      this.#append(frame, start, end, at);
      return;
    }
    if (expansion.kind === "text") {
      this.query.noteContent();
      this.#noteStart(at);
      this.query.addInserted(expansion.text, 0, expansion.text.length, at);
      return;
    }
    const { name, value } = expansion;
    if (!this.input.enter(name, value, at)) {
      this.#options.onRecursion?.(name);
      this.query.noteContent();
      this.#append(frame, start, end, at);
    }
  }
}
