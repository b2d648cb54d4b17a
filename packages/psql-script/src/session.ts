import { atStatement, judgeOutcome } from "./judge-outcome.js";
import { Message, type MessagePart } from "./message.js";
import type { ScriptClient } from "./script-client.js";
import { ScriptError } from "./script-error.js";
import {
  type QueryOutcome,
  SimpleQuery,
  type SimpleQueryOptions,
  type TransactionStatus,
} from "./simple-query.js";
import type { SourcePosition } from "./source-text.js";

/** What comes from the run's options, complete. */
export interface SessionOptions {
  readonly prologue: readonly string[];
  readonly epilogue: readonly string[];
  readonly batching: "joined" | "single";
  readonly expectOpenTransaction: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What the caller of {@link Session.flush} wants to know of the message's last statement. */
export type FlushOptions = Omit<SimpleQueryOptions, "text" | "onParameter">;

/**
 * One run's side of the connection: gathers statements to messages, sends them, and turns whatever
 * goes wrong into a `ScriptError` with its place in the script.
 */
export class Session {
  /** The state of the transaction behind the last message; undefined before the first. */
  status: TransactionStatus | undefined;
  messages = 0;
  /** The server's standard_conforming_strings, where it is known. */
  standardStrings: boolean | undefined;

  readonly #client: ScriptClient;
  readonly #options: SessionOptions;
  #pending: SessionPart[] = [];
  #prologueSent: boolean;

  constructor(client: ScriptClient, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
    this.#prologueSent = options.prologue.length === 0;
  }

  /** Nothing waits to be sent. */
  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** Adds statements to the next message. What ends a transaction that must stay open is refused. */
  add(part: SessionPart): void {
    if (part.endsTransactionAt !== undefined && this.#options.expectOpenTransaction) {
      throw new ScriptError("this statement would end the transaction that the script runs in.", {
        code: "SCRIPT_ENDED_TRANSACTION",
        hint: "Remove it: the transaction around the script is not the script's to end.",
        part: "script",
        source: part.source,
        offset: part.endsTransactionAt,
        includedFrom: part.includedFrom,
      });
    }
    this.#pending.push(part);
  }

  /** Sends what was added, if anything. Resolves when the server is ready again. */
  async flush(options: FlushOptions = {}): Promise<QueryOutcome | undefined> {
    if (this.#pending.length === 0) return undefined;
    const parts = this.#pending;
    this.#pending = [];
    return this.#send([...(await this.#prologue()), ...parts], options);
  }

  /** Sends the rest and the epilogue, glued together where nothing can come between them. */
  async finish(): Promise<void> {
    const glued =
      this.#options.batching === "joined" && this.#pending.every((part) => part.leavesTransaction);
    if (!glued) await this.flush();
    const parts = this.#pending;
    this.#pending = [];
    const all = [
      ...(await this.#prologue()),
      ...parts,
      ...glue("epilogue", this.#options.epilogue),
    ];
    if (all.length > 0) await this.#send(all, {});
  }

  /** Asks for standard_conforming_strings, where the server has not told it yet. */
  async knowStandardStrings(): Promise<void> {
    if (this.standardStrings !== undefined) return;
    await this.flush();
    const query = new SimpleQuery({ text: "SHOW standard_conforming_strings", rows: "keep" });
    this.#client.query(query);
    const outcome = await query.outcome;
    this.standardStrings = outcome.rows[0]?.[0] !== "off";
    this.messages++;
  }

  async #prologue(): Promise<readonly SessionPart[]> {
    if (this.#prologueSent) return [];
    this.#prologueSent = true;
    const parts = glue("prologue", this.#options.prologue);
    if (this.#options.batching === "joined") return parts;
    await this.#send(parts, {});
    return [];
  }

  async #send(parts: readonly SessionPart[], options: FlushOptions): Promise<QueryOutcome> {
    const message = new Message(parts);
    const { expectOpenTransaction, signal } = this.#options;
    const includedFrom = parts.at(-1)?.includedFrom ?? [];
    if (signal?.aborted) {
      throw new ScriptError("the run was aborted before this statement.", {
        ...atStatement(message, 0, { includedFrom }),
        code: "SCRIPT_ABORTED",
        cause: signal.reason,
      });
    }
    const query = new SimpleQuery({
      ...options,
      text: message.text,
      onParameter: (name, value) => {
        if (name === "standard_conforming_strings") this.standardStrings = value === "on";
      },
    });
    this.messages++;
    this.#client.query(query);
    const outcome = await query.outcome;
    this.status = outcome.status;
    const failure = judgeOutcome(message, outcome, { expectOpenTransaction, includedFrom });
    if (failure !== undefined) throw failure;
    return outcome;
  }
}

/** A part of a message, with what the session has to know of it. */
export interface SessionPart extends MessagePart {
  /** Nothing in it can begin or end a transaction. */
  readonly leavesTransaction: boolean;
  /** The offset of the statement that ends the transaction, if there is one. */
  readonly endsTransactionAt: number | undefined;
  readonly includedFrom: readonly SourcePosition[];
}

function glue(part: "prologue" | "epilogue", statements: readonly string[]): SessionPart[] {
  return statements.map((text) => ({
    part,
    text,
    terminated: false,
    source: undefined,
    statements: [0],
    locate: (index) => index,
    leavesTransaction: true,
    endsTransactionAt: undefined,
    includedFrom: [],
  }));
}
