import { type ErrorLocation, PgMigError } from "@pg-mig/model";
import { excerptAt } from "./excerpt.js";
import type { ScriptPart } from "./message.js";
import type { ServerError } from "./server-error.js";
import { positionAt, type SourcePosition, type SourceText } from "./source-text.js";

/** What a {@link ScriptError} is made of, besides its message. */
export interface ScriptErrorOptions {
  readonly code: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly part: ScriptPart;
  readonly source: SourceText | undefined;
  readonly offset: number | undefined;
  readonly server?: ServerError | undefined;
  /** Where the files that lead to this one were included, innermost first. */
  readonly includedFrom?: readonly SourcePosition[] | undefined;
}

/**
 * A script cannot be read, or failed while it ran. `code` is one of
 * - `SCRIPT_FAILED`: the server refused a statement; the fields of the server's error are set;
 * - `CONNECTION_LOST`: the connection broke; what was running may or may not have been done;
 * - `SCRIPT_COMMAND_FAILED`: a psql command could not do its work;
 * - `SCRIPT_COMMAND_REFUSED`: a psql command that does not exist, or cannot work here;
 * - `SCRIPT_UNTERMINATED`: something is open at the end of a file;
 * - `SCRIPT_INCLUDE`: an included file cannot be read, or files include each other;
 * - `SCRIPT_ENCODING`, `SCRIPT_NUL`, `SCRIPT_NOT_TEXT`: the file, or the session, is not UTF-8 text;
 * - `SCRIPT_STRINGS`: standard_conforming_strings was changed by a statement that does not name it;
 * - `SCRIPT_ENDED_TRANSACTION`: the script ends the transaction that its caller had opened;
 * - `SCRIPT_LEFT_TRANSACTION`: the script ends inside of a transaction that it had opened itself;
 * - `SCRIPT_ROLLED_BACK`: with ON_ERROR_STOP off, a COMMIT was a ROLLBACK;
 * - `SCRIPT_VARIABLE`: a variable that the script is run with cannot be set;
 * - `SCRIPT_ABORTED`: the run's signal was aborted.
 *
 * `where` has file, line and column where the place is known; the message begins with it.
 */
export class ScriptError extends PgMigError {
  override readonly name: string = "ScriptError";
  /** Which part of what was to run failed. */
  readonly part: ScriptPart;
  readonly severity: string | undefined;
  readonly sqlState: string | undefined;
  /** The server's primary message, without the place. */
  readonly serverMessage: string | undefined;
  readonly detail: string | undefined;
  /** Only for the script's own statements: about others, it is no advice for its author. */
  readonly serverHint: string | undefined;
  /** The server's CONTEXT lines. */
  readonly context: string | undefined;
  /** The line of the error with a caret under the column, as two lines of text. */
  readonly excerpt: string | undefined;
  readonly includedFrom: readonly SourcePosition[];
  readonly #text: string;
  readonly #options: ScriptErrorOptions;

  constructor(message: string, options: ScriptErrorOptions) {
    const { source, offset, server } = options;
    const where = source && offset !== undefined ? positionAt(source, offset) : undefined;
    super(where ? `${renderPosition(where)}: ${message}` : message, {
      code: options.code,
      hint: options.hint,
      where: locationOf(where, source),
      cause: options.cause ?? server,
    });
    this.part = options.part;
    this.severity = server?.severity;
    this.sqlState = server?.code;
    this.serverMessage = server?.message;
    this.detail = server?.detail;
    this.serverHint = options.part === "script" ? server?.hint : undefined;
    this.context = server?.where;
    this.excerpt = source && offset !== undefined ? excerptAt(source, offset) : undefined;
    this.includedFrom = options.includedFrom ?? [];
    this.#text = message;
    this.#options = options;
  }

  /**
   * The same error of a statement that the caller sent for a file, at a place of that file; without
   * an offset, at the file.
   */
  ledTo(
    place: { readonly source: SourceText; readonly offset?: number | undefined },
    { hint = this.#options.hint }: { readonly hint?: string } = {},
  ): ScriptError {
    return new ScriptError(this.#text, { ...this.#options, offset: undefined, ...place, hint });
  }

  /** The same error at another place of the same file. */
  movedTo(offset: number): ScriptError {
    return new ScriptError(this.#text, { ...this.#options, offset });
  }
}

/** A position as compilers write it: `file:line:column`. */
export function renderPosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}

function locationOf(
  where: SourcePosition | undefined,
  source: SourceText | undefined,
): ErrorLocation | undefined {
  return where ?? (source && { file: source.file });
}
