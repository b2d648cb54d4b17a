import type { Script } from "../read/script.js";
import { ScriptError } from "../source/script-error.js";
import type { FlushOptions, Outbox } from "./outbox.js";
import type { OutboxPart } from "./outbox-part.js";
import type { RunScriptOptions } from "./run-script-options.js";
import type { ScriptClient } from "./script-client.js";
import type { ScriptOutput } from "./script-output.js";
import type { QueryOutcome } from "./simple-query.js";
import { Variables } from "./variables.js";

/** What the caller of {@link RunState.flush} wants. */
export interface RunFlushOptions extends FlushOptions {
  /** The variables that tell of a success are set only when a command has used the result. */
  readonly noteLater?: boolean;
}

/** What all files of one run share. It belongs to the run, never to the process. */
export class RunState {
  readonly outbox: Outbox;
  readonly variables = new Variables();
  readonly output: ScriptOutput;
  readonly environment: Map<string, string>;
  /** The directory that relative names count from; `\cd` changes it. */
  cwd: string;
  /** The key that ends restricted mode, while it is on. */
  restrictedBy: string | undefined;
  readonly batching: "joined" | "single";
  readonly expectOpenTransaction: boolean;
  readonly allowShell: boolean;
  readonly newSessionSql: readonly string[] | undefined;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** The files that are being run, outermost first, by their absolute names. */
  readonly openFiles: string[] = [];
  /** Files that were read beforehand, by their absolute names. */
  readonly includes: ReadonlyMap<string, Script>;
  /** The first error that `ON_ERROR_STOP` off made the script go on from. */
  firstError: ScriptError | undefined;
  readonly #printing: FlushOptions = { onCopyOut: (chunk) => this.output.writeCopy(chunk) };

  constructor(
    client: ScriptClient,
    script: Script,
    options: RunScriptOptions &
      Required<Pick<RunScriptOptions, "cwd" | "readFile">> &
      Pick<RunState, "outbox" | "output">,
  ) {
    this.outbox = options.outbox;
    this.output = options.output;
    for (const [name, value] of connectionVariables(client)) {
      this.#set(name, value);
    }
    for (const [name, value] of Object.entries(options.variables ?? {})) {
      const refusal = this.variables.set(name, value);
      if (refusal === undefined) {
        continue;
      }
      throw new ScriptError(`${refusal}.`, {
        code: "SCRIPT_VARIABLE",
        hint: "Correct the variables that the script is run with.",
        part: "script",
        source: script,
        offset: undefined,
      });
    }
    this.environment = new Map(Object.entries(options.env ?? {}));
    this.cwd = options.cwd;
    this.batching = options.batching ?? "joined";
    this.expectOpenTransaction = options.expectOpenTransaction ?? false;
    this.allowShell = options.allowShell ?? false;
    this.newSessionSql = options.newSessionSql;
    this.readFile = options.readFile;
    this.includes = script.includes;
  }

  /**
   * Sends what waits, and sets the variables that tell how it went; a success of what `noteLater` asks
   * for is told to {@link noteSuccess} by the caller. Without `onCopyOut` the output of a COPY is printed.
   */
  async flush({ noteLater, ...options }: RunFlushOptions = {}): Promise<QueryOutcome | undefined> {
    try {
      const outcome = await this.outbox.flush({ ...this.#printing, ...options });
      if (outcome !== undefined && !noteLater) {
        this.noteSuccess(outcome, options.onCopyOut === undefined ? "printed" : "taken");
      }
      return outcome;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Sends a message of its own while nothing waits, likewise. */
  async send(part: OutboxPart): Promise<QueryOutcome> {
    try {
      const outcome = await this.outbox.send(part, this.#printing);
      this.noteSuccess(outcome);
      return outcome;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Sends the rest and the epilogue; see {@link Outbox.finish}. */
  async finish(ending: "checked" | "unchecked"): Promise<void> {
    await this.outbox.finish(ending, this.#printing);
  }

  /** Sets the variables about the server, which only some scripts need. */
  async knowServerVersion(): Promise<void> {
    if (this.variables.get("SERVER_VERSION_NUM") !== undefined) {
      return;
    }
    const setting = (name: string) => this.outbox.ask(`SHOW ${name}`);
    this.#set("SERVER_VERSION_NUM", (await setting("server_version_num")) ?? "");
    this.#set("SERVER_VERSION_NAME", (await setting("server_version")) ?? "");
  }

  /** Sets the variables that tell of a success. psql does not count the rows of a COPY that it prints. */
  noteSuccess(outcome: QueryOutcome, copied: "printed" | "taken" = "printed"): void {
    const { tags, columns, copiedOut } = outcome;
    const { variables } = this;
    variables.note("ERROR", "false");
    variables.note("SQLSTATE", "00000");
    variables.note("ROW_COUNT", copiedOut && copied === "printed" ? "0" : rowCount(tags.at(-1)));
    if (columns === undefined) {
      variables.note("LASTOID", "0");
    }
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof ScriptError && error.code === "SCRIPT_FAILED")) {
      return;
    }
    this.#set("ERROR", "true");
    this.#set("SQLSTATE", error.sqlState ?? "");
    this.#set("ROW_COUNT", "0");
    this.#set("LAST_ERROR_SQLSTATE", error.sqlState ?? "");
    this.#set("LAST_ERROR_MESSAGE", error.serverMessage ?? "");
  }

  #set(name: string, value: string): void {
    this.variables.set(name, value);
  }
}

/** The rows that a command tag tells, as psql counts them. */
function rowCount(tag: string | undefined): string {
  const counted = /^(?:INSERT|UPDATE|DELETE|MERGE|SELECT|MOVE|FETCH|COPY)\b.* (\d+)$/;
  return counted.exec(tag ?? "")?.[1] ?? "0";
}

/** What psql knows when it has connected. Of its own version it says that whose language this is. */
function connectionVariables(client: ScriptClient): [string, string][] {
  const { database, user, host, port } = client;
  const known: [string, string | number | undefined][] = [
    ["DBNAME", database],
    ["USER", user],
    ["HOST", host],
    ["PORT", port],
    ["ENCODING", "UTF8"],
    ["VERSION", "psql-script 15.18"],
    ["VERSION_NAME", "15.18"],
    ["VERSION_NUM", "150018"],
    ["LAST_ERROR_MESSAGE", ""],
    ["LAST_ERROR_SQLSTATE", "00000"],
  ];
  return known.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}
