import type { Argument } from "../lex/command-arguments.js";
import type { SourcePosition, SourceText } from "../source/source-text.js";
import type { StatementList } from "./statement-list.js";

/** A psql command in a script, with its arguments. */
export interface Command {
  /** The name after the backslash, such as `gset`. */
  readonly name: string;
  /** The command as it stands in the file, from the backslash to the end of its arguments. */
  readonly text: string;
  /** Where it begins in the file's text, in UTF-16 units. */
  readonly offset: number;
  readonly position: SourcePosition;
  /** Its arguments, not expanded. */
  readonly arguments: readonly Argument[];
  /** Whether it stands inside of an `\if`, and may not be reached. */
  readonly conditional: boolean;
}

/**
 * Whole lines of a file that need nothing but to be sent: neither commands nor variables are in them,
 * and statements neither begin before nor end behind them.
 */
export interface PlainRegion {
  readonly start: number;
  readonly end: number;
  /** The number of the line behind the last. */
  readonly nextLine: number;
  readonly statements: StatementList;
  /** Where the statements that the server counts begin, in UTF-16 units of the file. */
  readonly contents: readonly number[];
  /** The last statement has its semicolon. */
  readonly terminated: boolean;
  /** Where the last statement that begins or ends a transaction begins. */
  readonly lastControlAt: number | undefined;
  /** Where the first statement that ends a transaction begins. */
  readonly endsTransactionAt: number | undefined;
}

/**
 * A script that was read once and can be run any number of times, also at the same time. It does not
 * change and holds no connection.
 */
export interface Script extends SourceText {
  /**
   * The statements as they are seen without running: variables not expanded, includes not read, all
   * branches of an `\if` taken for text.
   */
  readonly statements: StatementList;
  readonly commands: readonly Command[];
  /**
   * No psql command (nor `\;`), no data lines of a COPY, no reference that a variable could be put in for: the
   * server understands the text as it is.
   */
  readonly plain: boolean;
  /** The parts of the file that are not read again when it runs. */
  readonly regions: readonly PlainRegion[];
  /** A `'…'` holds a backslash: where the text is cut depends on standard_conforming_strings. */
  readonly backslashInString: boolean;
  /** The text sets standard_conforming_strings to something else than on, or may do so. */
  readonly changesStrings: boolean;
  /**
   * Where the BEGIN and COMMIT begin that pg_dump writes around the data of large objects, in UTF-16
   * units. In a transaction that must stay open they are left out.
   */
  readonly largeObjectFrames: ReadonlySet<number>;
  /** It is read and run with psql's own leniency; see `ParseScriptOptions`. */
  readonly psqlCompat: boolean;
  /** The absolute name of the file, where the text was read from one. */
  readonly path: string | undefined;
  /** Where a `\q` ends it that stands in no `\if`, if there is text after it. */
  readonly quitAt: SourcePosition | undefined;
  /** The files that it includes, directly or not, as far as their names are fixed; by absolute name. */
  readonly includes: ReadonlyMap<string, Script>;
}
