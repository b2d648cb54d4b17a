import type { ScriptNotice } from "./script-notice.js";
import type { OutputStream } from "./script-output.js";

/** How a script is run. */
export interface RunScriptOptions {
  /** SQL statements glued before the first message: one each, without a semicolon at the end. */
  readonly prologue?: readonly string[];
  /** SQL statements glued behind the last message, likewise. Never sent when anything before them failed. */
  readonly epilogue?: readonly string[];
  /**
   * `joined`: consecutive statements travel as one message, which outside a transaction is one
   * transaction; what begins or ends a transaction is then a message of its own. `single`: one message per statement, as psql does; the prologue and the epilogue are
   * then messages of their own.
   *
   * @default "joined"
   */
  readonly batching?: "joined" | "single" | undefined;
  /**
   * The script runs in a transaction that its caller (or the prologue) began, and must leave it open.
   * A statement that would end it is refused before it is sent; if it is gone nevertheless, nothing
   * more is sent.
   *
   * @default false
   */
  readonly expectOpenTransaction?: boolean;
  /**
   * `balanced`: a script that ends inside of a transaction that it began, or outside of the one in which it was
   * run, has failed: its work would be lost, or is not its caller's any more. `free`: it may do so.
   *
   * @default "balanced"
   */
  readonly transactions?: "balanced" | "free";
  /**
   * What makes the session as good as new, a statement each: sent for a `\c` that names no other database and no
   * other user, after a ROLLBACK of what is open. psql's variables stay.
   *
   * @default `\c` is refused, before anything is sent
   */
  readonly newSessionSql?: readonly string[] | undefined;
  /** psql variables that are set when the script begins. */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * The environment that `\getenv` and shell commands see; the process's own is never used.
   *
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * The directory that `\i`, `\copy` and shell commands start from.
   *
   * @default the directory of the script
   */
  readonly cwd?: string;
  /**
   * Backticks, `\!` and `\copy … program` run shell commands; otherwise they are errors.
   *
   * @default false
   */
  readonly allowShell?: boolean | undefined;
  /**
   * Reads a file that an `\i` names and that was not read beforehand.
   *
   * @default the file system
   */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  /** Called for every notice and warning of the server. */
  readonly onNotice?: ((notice: ScriptNotice) => void) | undefined;
  /** Called for every line that the script prints: by `\echo`, by shell commands, as warnings. */
  readonly onOutput?: ((line: string, stream: OutputStream) => void) | undefined;
  /**
   * Called with each message that held something of the script and succeeded. The next one is sent when
   * the returned promise has resolved: until then, what the message did can be looked at over another
   * connection.
   */
  readonly afterMessage?: ((text: string) => Promise<void>) | undefined;
  /**
   * Takes the rows of a query of the epilogue, known by the name of its first column. Nothing else of what statements
   * give is kept.
   */
  readonly epilogueRows?:
    | {
        readonly column: string;
        readonly take: (rows: readonly (readonly (string | null)[])[]) => void;
      }
    | undefined;
  /** When aborted, no further message is sent. What is running on the server goes on. */
  readonly signal?: AbortSignal | undefined;
}
