import { parseCopyCommand } from "../commands/copy-command.js";
import { staticArgument } from "../lex/argument-reader.js";
import { scanArguments, scanCommandName } from "../lex/command-arguments.js";
import { commandRule } from "../lex/command-table.js";
import { ScriptError } from "../source/script-error.js";
import {
  isBlank,
  refusedCommand,
  unknownCommand,
  unterminated,
} from "../source/script-problems.js";
import type { SourcePosition, SourceText } from "../source/source-text.js";
import { isReconnect } from "./command-kind.js";
import { largeObjectFrame } from "./large-object-data.js";
import { changesEncoding, changesStrings } from "./reading-settings.js";
import { RegionCollector } from "./region-collector.js";
import type { Command, Script } from "./script.js";
import { ScriptCursor } from "./script-cursor.js";
import { ScriptStatement } from "./statement.js";
import { StatementList } from "./statement-list.js";

/** Options of {@link parseScript}. */
export interface ParseScriptOptions {
  /** The file's name in positions and messages. */
  readonly file: string;
  /**
   * Read and run the script with psql 15's own leniency: nothing is refused before it is reached, a
   * transaction that is left open and a condition that is no boolean are no errors, and the bodies of routines inside CREATE SCHEMA are cut at their semicolons.
   *
   * @default false
   */
  readonly psqlCompat?: boolean;
}

/**
 * Reads a psql script without running it. Pure; time and space in proportion to the text.
 *
 * What can be seen to fail is refused here, as far as no variable or `\if` could change it.
 *
 * @throws ScriptError, with file, line and column in `where`:
 * - `SCRIPT_UNTERMINATED`: a literal, comment, parenthesis, `BEGIN ATOMIC` body, `\if` or argument is
 *   never closed (the place where it begins);
 * - `SCRIPT_COMMAND_REFUSED`: a psql command that does not exist or cannot be used;
 * - `SCRIPT_NUL`, `SCRIPT_NOT_TEXT`: the text has a NUL character, or is a dump for pg_restore.
 */
export function parseScript(text: string, options: ParseScriptOptions): Script {
  const source = { file: options.file, text };
  refuseNonText(source);
  return new ScriptParser(source, options.psqlCompat ?? false).parse();
}

function refuseNonText(source: SourceText): void {
  const common = { part: "script", source } as const;
  if (source.text.startsWith("PGDMP")) {
    throw new ScriptError("this is a dump in pg_dump's custom format.", {
      ...common,
      offset: 0,
      code: "SCRIPT_NOT_TEXT",
      hint: "Make it text: pg_restore --file=script.sql dump.",
    });
  }
  const offset = source.text.indexOf("\0");
  if (offset < 0) {
    return;
  }
  throw new ScriptError("this is a NUL character.", {
    ...common,
    offset,
    code: "SCRIPT_NUL",
    hint: "Save the file as UTF-8: PostgreSQL has no NUL in text, and UTF-16 files are full of them.",
  });
}

const queryCommands = new Set(["g", "gx", "gset", "gexec", "gdesc", "crosstabview"]);

class ScriptParser {
  readonly #source: SourceText;
  readonly #psqlCompat: boolean;
  readonly #cursor: ScriptCursor;
  readonly #statements: StatementList;
  readonly #commands: Command[] = [];
  readonly #regions: RegionCollector;
  /** The `\if` blocks that are open: where they begin, and the parentheses that were open there. */
  readonly #blocks: { readonly offset: number; readonly parenDepth: number }[] = [];
  readonly #changesEncoding: boolean;
  readonly #largeObjectFrames = new Set<number>();
  #sawVariable = false;
  #sawEscape = false;
  #sawSplit = false;
  #sawData = false;
  #quitAt: SourcePosition | undefined;
  /** How many blocks of data are behind the line that is being read. */
  #copies = 0;
  /** What is read may turn out to be something else when it runs: data of a COPY, or in quotes. */
  #doubtful: boolean;

  constructor(source: SourceText, psqlCompat: boolean) {
    this.#source = source;
    this.#psqlCompat = psqlCompat;
    this.#doubtful = changesStrings.test(source.text);
    this.#changesEncoding = changesEncoding.test(source.text);
    this.#statements = StatementList.of(source);
    this.#regions = new RegionCollector(source.text, this.#statements);
    this.#cursor = new ScriptCursor(source, {
      schemaRoutines: !psqlCompat,
      lookup: () => {
        this.#sawVariable = true;
        this.#regions.reread();
        return undefined;
      },
      onEscape: () => {
        this.#sawEscape = true;
        this.#regions.reread();
      },
    });
  }

  parse(): Script {
    this.#read();
    return {
      ...this.#source,
      statements: this.#statements,
      commands: this.#commands,
      plain: this.#isPlain(),
      regions: this.#regions.regions,
      backslashInString: this.#cursor.lexer.sawPlainBackslash,
      changesStrings: changesStrings.test(this.#source.text),
      largeObjectFrames: this.#largeObjectFrames,
      psqlCompat: this.#psqlCompat,
      path: undefined,
      includes: new Map(),
      quitAt: this.#quitAt,
    };
  }

  #isPlain(): boolean {
    const asItStands = !this.#sawVariable && !this.#sawEscape && !this.#sawData && !this.#sawSplit;
    return asItStands && this.#commands.length === 0 && this.#cursor.opening === undefined;
  }

  #read(): void {
    const cursor = this.#cursor;
    for (let stop = cursor.advance(); stop !== "end"; stop = cursor.advance()) {
      if (stop === "line") {
        this.#atLine();
      } else if (stop === "statement") {
        this.#addStatement();
      } else if (this.#addCommand() === "quit") {
        return;
      }
    }
    this.#atEnd();
  }

  /** Throws what running would end in, too; not where that is uncertain. */
  #refuse(makeError: () => ScriptError): void {
    if (!this.#psqlCompat && !this.#doubtful) {
      throw makeError();
    }
  }

  #place(offset: number) {
    return { source: this.#source, offset };
  }

  #atLine(): void {
    const cursor = this.#cursor;
    if (this.#copies > 0) {
      cursor.jump(cursor.lineStart, cursor.line);
      for (; this.#copies > 0; this.#copies--) {
        cursor.takeCopyData();
      }
      this.#sawData = true;
    } else if (cursor.atRest) {
      this.#regions.rest(cursor.lineStart, cursor.line);
    }
  }

  #addStatement(): ScriptStatement {
    const cursor = this.#cursor;
    const position = cursor.queryPosition();
    const query = cursor.takeQuery();
    const statement = ScriptStatement.read(this.#source, query, position);
    this.#statements.add(statement);
    this.#noteFrame(statement);
    if (this.#changesEncoding && changesEncoding.test(statement.text)) {
      this.#regions.reread();
    }
    if (query.standsAlone) {
      this.#sawSplit = true;
      this.#regions.reread();
    }
    if (query.mayCopyFromStdin) {
      this.#copies += countCopies(statement);
      this.#regions.reread();
    }
    return statement;
  }

  /** Finds pg_dump's BEGIN and COMMIT around large objects: such lines are read again when the script runs. */
  #noteFrame({ text, offset }: ScriptStatement): void {
    const frames = this.#largeObjectFrames;
    const frame = text === "BEGIN;" ? largeObjectFrame(this.#source.text, offset) : undefined;
    if (frame !== undefined) {
      frames.add(frame.begin).add(frame.commit);
    }
    if (frames.has(offset)) {
      this.#regions.reread();
    }
  }

  #addCommand(): "quit" | "go on" {
    const cursor = this.#cursor;
    const offset = cursor.commandOffset;
    const position = cursor.positionInLine(offset);
    this.#regions.reread();
    const name = scanCommandName(cursor.input);
    const rule = commandRule(name);
    if (rule === undefined) {
      this.#refuse(() => unknownCommand(name, this.#place(offset)));
      cursor.skipLine();
      return "go on";
    }
    const found = scanArguments(cursor.input, rule.style);
    const text = this.#source.text.slice(offset, cursor.offset).trimEnd();
    const conditional = this.#blocks.length > 0;
    const reconnects = isReconnect({ name, arguments: found });
    this.#commands.push({ name, text, offset, position, arguments: found, conditional });
    const open = found.find((argument) => argument.unterminated);
    if (!conditional && open) {
      this.#refuse(() => unterminated("quote", this.#place(open.offset)));
    }
    if (!conditional && rule.verdict === "refuse" && !reconnects) {
      this.#refuse(() => refusedCommand(name, rule, this.#place(offset)));
    }
    if (name === "q" || name === "quit") {
      return this.#quit(offset, conditional);
    }
    this.#follow(name, found, offset);
    return "go on";
  }

  #quit(offset: number, conditional: boolean): "quit" | "go on" {
    if (conditional) {
      return "go on";
    }
    const rest = this.#source.text.slice(this.#cursor.offset);
    this.#quitAt = isBlank(rest) ? undefined : this.#cursor.positionInLine(offset);
    return "quit";
  }

  /** Does what a command does to the text after it. */
  #follow(name: string, found: Command["arguments"], offset: number): void {
    const { lexer, query } = this.#cursor;
    if (name === "if") {
      this.#blocks.push({ offset, parenDepth: lexer.parenDepth });
    } else if (name === "elif" || name === "else") {
      lexer.parenDepth = this.#blocks.at(-1)?.parenDepth ?? lexer.parenDepth;
    } else if (name === "endif") {
      this.#blocks.pop();
    } else if (name.toLowerCase() === "copy") {
      const parsed = parseCopyCommand(staticArgument(found[0], false) ?? "");
      if (!("unexpected" in parsed) && parsed.direction === "from") {
        if (parsed.target.kind === "inline") {
          this.#copies++;
        }
      }
    } else if (queryCommands.has(name) || name === "r" || name === "reset") {
      if (query.length > 0 && queryCommands.has(name)) {
        const { text } = this.#addStatement();
        if (name === "gexec" && /copy/i.test(text) && /stdin/i.test(text)) {
          this.#doubtful = true;
        }
      } else {
        this.#cursor.takeQuery();
      }
      lexer.reset();
    }
  }

  #atEnd(): void {
    const cursor = this.#cursor;
    const { opening, query } = cursor;
    if (opening !== undefined && !this.#sawVariable) {
      const { sawPlainBackslash } = cursor.lexer;
      const hint = sawPlainBackslash ? stringsHint(opening.what) : undefined;
      this.#refuse(() => unterminated(opening.what, this.#place(opening.offset), hint));
    }
    const block = this.#blocks.at(-1);
    if (block !== undefined) {
      this.#refuse(() => unterminated("\\if", this.#place(block.offset)));
    }
    if (opening !== undefined) {
      this.#regions.reread();
    }
    if (query.length > 0) {
      this.#addStatement();
    }
    this.#regions.end(cursor.line + 1);
  }
}

function stringsHint(what: string): string {
  return `Close the ${what}. If a \\' in a string before it stands for a quote, write '' or E'…', or put SET standard_conforming_strings = off; at the top of the file.`;
}

/** How many blocks of data are behind the line of a statement: one for each COPY FROM STDIN in it. */
function countCopies(statement: ScriptStatement): number {
  let copies = 0;
  let first: string | undefined;
  let previous = "";
  for (const { kind, text } of statement.tokens) {
    if (kind === "space" || kind.endsWith("comment")) {
      continue;
    }
    const word = kind === "word" ? text.toUpperCase() : "";
    if (first === "COPY" && previous === "FROM" && word === "STDIN") {
      copies++;
    }
    // A `\;` left a semicolon behind: another statement of the same message begins.
    first = kind === "terminator" ? undefined : (first ?? word);
    previous = word;
  }
  return copies;
}
