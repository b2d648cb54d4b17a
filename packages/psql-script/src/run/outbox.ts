import { transactionControl } from "../read/transaction-control.js";
import { Message } from "../source/message.js";
import { ScriptError } from "../source/script-error.js";
import { GluedStatements } from "./glued-statements.js";
import { requireNotAborted, requireSuccess } from "./judge-outcome.js";
import type { OutboxPart } from "./outbox-part.js";
import type { RunScriptOptions } from "./run-script-options.js";
import type { ScriptClient } from "./script-client.js";
import { type QueryOutcome, type SimpleQueryOptions, sendQuery } from "./simple-query.js";
import type { TextSettings } from "./text-settings.js";
import { statusOfLetter, type TransactionStatus } from "./transaction-status.js";

/** What comes from the run's options, complete. */
export interface OutboxOptions {
  readonly prologue: readonly string[];
  readonly epilogue: readonly string[];
  readonly batching: "joined" | "single";
  readonly expectOpenTransaction: boolean;
  readonly signal: AbortSignal | undefined;
  readonly afterMessage: RunScriptOptions["afterMessage"];
  readonly epilogueRows?: RunScriptOptions["epilogueRows"];
  readonly onNotice?: RunScriptOptions["onNotice"] | undefined;
}

/** What the caller of {@link Outbox.flush} wants to know of the message's last statement. */
export type FlushOptions = Pick<SimpleQueryOptions, "rows" | "onCopyIn" | "onCopyOut">;

/**
 * So many UTF-16 units of a script are enough for a message inside of a transaction. A server parses the whole
 * of a message before it runs any of it, in some twelve times the memory; the client holds it for each session.
 */
export const messageSize = 256 * 1024;

/**
 * One run's side of the connection: gathers statements to messages, sends them, and turns whatever
 * goes wrong into a `ScriptError` with its place in the script.
 */
export class Outbox {
  /** The state of the transaction behind the last message. */
  status: TransactionStatus;
  messages = 0;
  readonly settings: TextSettings;

  readonly #client: ScriptClient;
  readonly #options: OutboxOptions;
  readonly #statusAtStart: TransactionStatus;
  #pending: OutboxPart[] = [];
  #pendingSize = 0;
  #prologueSent: boolean;
  #lastControl: OutboxPart | undefined;
  readonly #onParameter = (name: string, value: string) => this.settings.note(name, value);

  constructor(client: ScriptClient, settings: TextSettings, options: OutboxOptions) {
    this.#client = client;
    this.#options = options;
    this.#prologueSent = options.prologue.length === 0;
    this.settings = settings;
    this.status = this.#statusAtStart = statusOfLetter(client.getTransactionStatus?.()) ?? "idle";
  }

  /** Nothing waits to be sent. */
  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** What waits should be sent before more is added: outside of a transaction, a message is one of its own. */
  get isFull(): boolean {
    return this.#options.expectOpenTransaction && this.#pendingSize >= messageSize;
  }

  /** Adds statements to the next message. What ends a transaction that must stay open is refused. */
  add(part: OutboxPart): void {
    this.#accept(part);
    this.#pending.push(part);
    this.#pendingSize += part.text.length;
  }

  /** Sends a part as a message of its own. Nothing may wait. */
  async send(part: OutboxPart, options: FlushOptions): Promise<QueryOutcome> {
    this.#accept(part);
    const before = this.#prologueSent ? [] : await this.#prologue();
    return this.#send([...before, part], options);
  }

  #accept(part: OutboxPart): void {
    this.refuseEnd(part);
    if (part.lastControlAt !== undefined) {
      this.#lastControl = part;
    }
  }

  /** Throws if a statement would end a transaction that must stay open. */
  refuseEnd(part: OutboxPart): void {
    if (part.endsTransactionAt !== undefined && this.#options.expectOpenTransaction) {
      throw new ScriptError("this statement would end the transaction that the script runs in.", {
        ...part,
        offset: part.endsTransactionAt,
        code: "SCRIPT_ENDED_TRANSACTION",
        hint: "Remove it: the transaction around the script is not the script's to end.",
      });
    }
  }

  /** Sends what was added, if anything. Resolves when the server is ready again. */
  async flush(options: FlushOptions = {}): Promise<QueryOutcome | undefined> {
    if (this.#pending.length === 0) {
      return undefined;
    }
    const parts = this.#takePending();
    return this.#send([...(await this.#prologue()), ...parts], options);
  }

  /** Asks the server for one value, behind all that waits. */
  async ask(sql: string): Promise<string | undefined> {
    await this.flush();
    const part = new GluedStatements("script", [sql]);
    const outcome = await this.#send([...(await this.#prologue()), part], { rows: "keep" });
    return outcome.rows[0]?.[0] ?? undefined;
  }

  /** Rolls back what is open, and sends the statements that make the session as new, one by one. */
  async renewSession(statements: readonly string[]): Promise<void> {
    await this.flush();
    const rollBack = this.status === "idle" ? [] : ["ROLLBACK"];
    for (const sql of [...rollBack, ...statements]) {
      await this.#send([new GluedStatements("script", [sql])], {});
    }
  }

  /** Asks for standard_conforming_strings, where the server has not told it yet. */
  async knowStandardStrings(): Promise<void> {
    const { settings } = this;
    if (settings.standardStrings !== undefined) {
      return;
    }
    settings.standardStrings = (await this.ask("SHOW standard_conforming_strings")) !== "off";
  }

  /** Sends a script that needs no reading, with the prologue and the epilogue: one message, or several if it is large. */
  async sendWhole(parts: readonly OutboxPart[], options: FlushOptions): Promise<void> {
    for (const part of parts) {
      this.refuseEnd(part);
    }
    for (const part of parts) {
      if (this.isFull) {
        await this.flush(options);
      }
      this.add(part);
    }
    await this.finish("checked", options);
  }

  /** Sends the rest and the epilogue: glued together, where nothing can come between them. */
  async finish(ending: "checked" | "unchecked", options: FlushOptions): Promise<void> {
    if (!this.#isGlued) {
      await this.flush(options);
    }
    if (ending === "checked") {
      this.#checkEnding();
    }
    await this.#sendLast(options);
  }

  /** The epilogue goes in one message with what waits. */
  get #isGlued(): boolean {
    return (
      this.#options.batching === "joined" &&
      this.#pending.every((part) => part.lastControlAt === undefined)
    );
  }

  async #sendLast(options: FlushOptions): Promise<void> {
    const { epilogue, epilogueRows } = this.#options;
    const parts = [...(await this.#prologue()), ...this.#takePending()];
    if (epilogue.length > 0) {
      parts.push(new GluedStatements("epilogue", epilogue));
    }
    if (parts.length === 0) {
      return;
    }
    if (epilogueRows === undefined || epilogue.length === 0) {
      await this.#send(parts, options);
      return;
    }
    const { column: ofColumn, take } = epilogueRows;
    const { rows } = await this.#send(parts, { ...options, rows: { ofColumn } });
    take(rows);
  }

  /** Throws if the script has left another state of the transaction than it found. */
  #checkEnding(): void {
    const last = this.#lastControl;
    if (last === undefined) {
      return;
    }
    const controls = this.#options.prologue.map(transactionControl);
    const control = controls.findLast((one) => one !== "none");
    const expected =
      control === undefined ? this.#statusAtStart : control === "begins" ? "open" : "idle";
    if (this.status === expected) {
      return;
    }
    const offset = last.lastControlAt;
    if (expected === "open") {
      throw new ScriptError("the script ends the transaction that it runs in.", {
        ...last,
        offset,
        code: "SCRIPT_ENDED_TRANSACTION",
        hint: "Remove what ends the transaction, or begin another one after it.",
      });
    }
    throw new ScriptError("the script ends inside of a transaction that it began.", {
      ...last,
      offset,
      code: "SCRIPT_LEFT_TRANSACTION",
      hint: "Add a COMMIT at its end: the work of the transaction would be lost.",
    });
  }

  #takePending(): OutboxPart[] {
    const parts = this.#pending;
    this.#pending = [];
    this.#pendingSize = 0;
    return parts;
  }

  /** The prologue, if it is to be glued before what is sent next. */
  async #prologue(): Promise<readonly OutboxPart[]> {
    if (this.#prologueSent) {
      return [];
    }
    this.#prologueSent = true;
    const parts = [new GluedStatements("prologue", this.#options.prologue)];
    if (this.#options.batching === "joined") {
      return parts;
    }
    await this.#send(parts, {});
    return [];
  }

  async #send(parts: readonly OutboxPart[], options: FlushOptions): Promise<QueryOutcome> {
    const message = new Message(parts);
    const { signal, expectOpenTransaction, onNotice, afterMessage } = this.#options;
    requireNotAborted(message, signal);
    const { settings } = this;
    settings.begin();
    this.messages++;
    // One by one, as in script-parts.ts.
    const outcome = await sendQuery(this.#client, {
      rows: options.rows,
      onCopyIn: options.onCopyIn,
      onCopyOut: options.onCopyOut,
      text: message.text,
      onParameter: this.#onParameter,
      onNotice,
    });
    this.status = outcome.status ?? "idle";
    requireSuccess(message, outcome, expectOpenTransaction);
    settings.check(parts);
    if (afterMessage !== undefined && parts.some(({ part }) => part === "script")) {
      await afterMessage(message.text);
    }
    return outcome;
  }
}
