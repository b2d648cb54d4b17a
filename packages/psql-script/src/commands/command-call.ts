import type { ArgumentReader } from "../lex/argument-reader.js";
import type { Script } from "../read/script.js";
import type { ScriptCursor } from "../read/script-cursor.js";
import type { ConditionalStack, QueryMark } from "../run/conditional-stack.js";
import type { RunState } from "../run/run-state.js";
import type { PartOrigin } from "../run/script-parts.js";
import type { StatementSender } from "../run/statement-sender.js";
import type { ScriptError } from "../source/script-error.js";

/** What a command can do with the file that it stands in. */
export interface CommandFile {
  readonly script: Script;
  readonly cursor: ScriptCursor;
  readonly conditions: ConditionalStack;
  readonly sender: StatementSender;
  /** What errors tell of where the file comes from. */
  readonly origin: PartOrigin;
  /** Runs another file, here. */
  include(path: string): Promise<void>;
  /** Goes on after an error if ON_ERROR_STOP is off; then returns false. */
  attempt(action: () => Promise<unknown>): Promise<boolean>;
  /** Reads no further. */
  quit(): void;
  /** Tells of something odd in the line that is being read. */
  warn(message: string): void;
}

/** A command that is to be carried out. */
export interface CommandCall {
  /** As it stands in the file, without the backslash. */
  readonly name: string;
  /** Where its backslash stands in the file. */
  readonly offset: number;
  readonly arguments: ArgumentReader;
  readonly run: RunState;
  readonly file: CommandFile;
  /** The query as it was before the command, for what may be skipped after it. */
  readonly mark: QueryMark;
  /** Makes the error for a command that could not do its work. */
  fail(
    message: string,
    options?: { readonly hint?: string; readonly cause?: unknown },
  ): ScriptError;
  /** Makes the error for a command that cannot work here. */
  refuse(message: string, hint: string): ScriptError;
  /** Tells of something odd, and goes on. */
  warn(message: string): void;
}

/** Carries out a command in an active branch. */
export type CommandHandler = (call: CommandCall) => Promise<void> | void;
