import { PgMigError } from "@pg-mig/errors";
import type { Command, PlainRegion, Script } from "./script.js";
import { ScriptCursor } from "./script-cursor.js";
import { positionAt, type SourceText, textStart } from "./source-text.js";
import { ScriptStatement } from "./statement.js";
import { transactionControl } from "./transaction-control.js";

/** Options of {@link parseScript}. */
export interface ParseScriptOptions {
  /** The file's name in positions and messages. */
  readonly file: string;
}

/**
 * Reads a psql script without running it. Pure; time and space in proportion to the text.
 *
 * @throws PgMigError, with file, line and column in `where`:
 * - `SCRIPT_UNTERMINATED`: a literal, comment, parenthesis or `BEGIN ATOMIC` body is never closed
 *   (the place where it begins); only where no variable could close it;
 * - `SCRIPT_NUL`: the text has a NUL character.
 */
export function parseScript(text: string, options: ParseScriptOptions): Script {
  const source = { file: options.file, text };
  refuseNul(source);
  return new ScriptParser(source).parse();
}

function refuseNul(source: SourceText): void {
  const offset = source.text.indexOf("\0");
  if (offset < 0) return;
  const where = positionAt(source, offset);
  throw new PgMigError(`${source.file}:${where.line}:${where.column} holds a NUL character.`, {
    code: "SCRIPT_NUL",
    hint: "Save the file as UTF-8 text: PostgreSQL has no NUL in text, and UTF-16 files are full of them.",
    where,
  });
}

class ScriptParser {
  readonly #source: SourceText;
  readonly #cursor: ScriptCursor;
  readonly #statements: ScriptStatement[] = [];
  readonly #commands: Command[] = [];
  readonly #regions: PlainRegion[] = [];
  /** The region that is growing: since where, and its last end that is known to be clean. */
  #region = { start: 0, firstLine: 1, statements: 0 };
  #clean: { end: number; nextLine: number; statements: number } | undefined;
  #dirty = false;
  #sawVariable = false;
  #sawData = false;
  #copies = 0;

  constructor(source: SourceText) {
    this.#source = source;
    this.#cursor = new ScriptCursor(source, {
      schemaRoutines: true,
      lookup: () => {
        this.#sawVariable = true;
        this.#dirty = true;
        return undefined;
      },
    });
    this.#region = { start: textStart(source.text), firstLine: 1, statements: 0 };
  }

  parse(): Script {
    const cursor = this.#cursor;
    for (let stop = cursor.advance(); stop !== "end"; stop = cursor.advance()) {
      if (stop === "line") this.#atLine();
      else if (stop === "statement") this.#addStatement();
      else this.#addCommand();
    }
    this.#atEnd();
    return {
      ...this.#source,
      statements: this.#statements,
      commands: this.#commands,
      plain: this.#commands.length === 0 && !this.#sawVariable && !this.#sawData,
      regions: this.#regions,
      backslashInString: cursor.lexer.sawPlainBackslash,
    };
  }

  #atLine(): void {
    const cursor = this.#cursor;
    if (this.#copies > 0) {
      this.#skipData();
      return;
    }
    if (!cursor.atRest) return;
    if (this.#dirty) {
      this.#closeRegion();
      this.#startRegion(cursor.lineStart, cursor.line);
    } else this.#markClean(cursor.lineStart, cursor.line);
  }

  #skipData(): void {
    const cursor = this.#cursor;
    cursor.jump(cursor.lineStart, cursor.line);
    for (; this.#copies > 0; this.#copies--) cursor.takeCopyData();
    this.#sawData = true;
  }

  #startRegion(start: number, firstLine: number): void {
    this.#region = { start, firstLine, statements: this.#statements.length };
    this.#clean = undefined;
    this.#dirty = false;
  }

  #markClean(end: number, nextLine: number): void {
    this.#clean = { end, nextLine, statements: this.#statements.length };
  }

  #closeRegion(): void {
    const { start, firstLine, statements: from } = this.#region;
    if (this.#clean === undefined || this.#clean.statements === from) return;
    const { end, nextLine } = this.#clean;
    const statements = this.#statements.slice(from, this.#clean.statements);
    const controls = statements.map(({ text }) => transactionControl(text));
    this.#regions.push({
      start,
      end,
      firstLine,
      nextLine,
      statements,
      contents: statements.flatMap(({ contents }) => contents),
      terminated: statements.at(-1)?.terminated ?? true,
      leavesTransaction: controls.every((control) => control === "none"),
      endsTransactionAt: statements[controls.indexOf("ends")]?.offset,
    });
  }

  #addStatement(): void {
    const cursor = this.#cursor;
    const position = cursor.queryPosition();
    const statement = new ScriptStatement(cursor.takeQuery(), position);
    this.#statements.push(statement);
    if (cursor.lexer.words.mayCopyFromStdin) {
      this.#copies += countCopies(statement);
      this.#dirty = true;
    }
    cursor.lexer.words.endStatement();
  }

  #addCommand(): void {
    const cursor = this.#cursor;
    const offset = cursor.offset - 1;
    const position = positionAt(this.#source, offset);
    const rest = cursor.rest();
    const name = /^[^ \t\n\r\f\v\\]*/.exec(rest)?.[0] ?? "";
    this.#commands.push({ name, text: `\\${rest}`, offset, position });
    this.#dirty = true;
    cursor.skipLine();
  }

  #atEnd(): void {
    const cursor = this.#cursor;
    const { opening, query } = cursor;
    if (opening !== undefined && !this.#sawVariable) throw unterminated(this.#source, opening);
    if (query.length > 0) this.#addStatement();
    if (!this.#dirty) this.#markClean(this.#source.text.length, cursor.line + 1);
    this.#closeRegion();
  }
}

/** How many blocks of data lines are behind the line of a statement with COPY … FROM STDIN. */
function countCopies(statement: ScriptStatement): number {
  const words = statement.tokens
    .filter(({ kind }) => !["space", "line-comment", "block-comment"].includes(kind))
    .map(({ kind, text: word }) => (kind === "word" ? word.toUpperCase() : ""));
  return words.filter((word, i) => word === "FROM" && words[i + 1] === "STDIN").length;
}

/** The error for something that is still open at the end of a file. */
export function unterminated(
  source: SourceText,
  opening: { readonly what: string; readonly offset: number },
): PgMigError {
  const where = positionAt(source, opening.offset);
  return new PgMigError(
    `${where.file}:${where.line}:${where.column}: this ${opening.what} is never closed.`,
    {
      code: "SCRIPT_UNTERMINATED",
      hint: `Close the ${opening.what}, or remove it.`,
      where,
    },
  );
}
