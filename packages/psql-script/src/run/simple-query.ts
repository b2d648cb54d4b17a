import { once } from "node:events";
import { isServerError, type ServerError } from "../source/server-error.js";
import { observe } from "./observed-connection.js";
import type { ConnectionMessage, ScriptClient, WireConnection } from "./script-client.js";
import { type ScriptNotice, toNotice } from "./script-notice.js";
import { statusOfLetter, type TransactionStatus } from "./transaction-status.js";

/** What became of one message. It is never an exception: the caller knows better what it means. */
export interface QueryOutcome {
  /** As the server reports it behind the message; undefined where the connection was lost. */
  readonly status: TransactionStatus | undefined;
  /** The command tags of the statements that were completed, in order. */
  readonly tags: readonly string[];
  /** The names of the columns of the last statement's result, or undefined if it had none. */
  readonly columns: readonly string[] | undefined;
  /** The rows of the last statement's result, as text, or of the last that was to be kept. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** The first error that the server reported. */
  readonly error: ServerError | undefined;
  /** The last statement was a COPY TO STDOUT. */
  readonly copiedOut: boolean;
  /** Why the data for a COPY could not be read, if so; the server's error follows from it. */
  readonly copyError: unknown;
  /** What is to be done about a COPY that was given no data; the server's error follows from it. */
  readonly copyHint: string | undefined;
  /** Why the connection is gone, if it is. */
  readonly lost: unknown;
}

/** How the data of a COPY is written, as the server announces it. */
export type CopyFormat = "text" | "binary";

/** What to answer a server that asks for the data of a COPY: the data, or why there is none. */
export type CopySource = AsyncIterable<Buffer> | Iterable<Buffer> | CopyRefusal;

/** Why there is no data for a COPY, and what to do about it. */
export interface CopyRefusal {
  readonly refusal: string;
  readonly hint?: string;
}

export interface SimpleQueryOptions {
  /** `undefined`: it was written already, behind the message before it. */
  readonly text: string | undefined;
  /** More messages, in the same write. */
  readonly textsBehind?: readonly string[];
  /** Whether rows are kept: all, none, or those of results whose first column has a name. */
  readonly rows?: "keep" | "drop" | { readonly ofColumn: string } | undefined;
  readonly onCopyIn?: ((format: CopyFormat) => CopySource) | undefined;
  /** Takes the data of a COPY TO STDOUT. While a returned promise is pending, no more is read. */
  readonly onCopyOut?: ((chunk: Buffer) => Promise<unknown> | undefined) | undefined;
  /** The server reports that one of its parameters changed. */
  readonly onParameter?: (name: string, value: string) => void;
  /** A notice or a warning of the server. */
  readonly onNotice?: ((notice: ScriptNotice) => void) | undefined;
}

/**
 * One message of the simple query protocol, in the form that a `pg.Client` takes from its
 * `query(submittable)`. The driver calls the methods. `onOver` is called once, as soon as the server is
 * ready for the next message or the connection is gone, before anything else of the server's is read.
 */
export class SimpleQuery {
  callback: ((error?: Error) => void) | undefined;

  readonly #options: SimpleQueryOptions;
  readonly #onOver: (outcome: QueryOutcome) => void;
  readonly #tags: string[] = [];
  #fields: readonly Field[] | undefined;
  #rows: (readonly (string | null)[])[] = noRows;
  #pendingFields: readonly Field[] | undefined;
  #pendingRows: (readonly (string | null)[])[] = noRows;
  #keeps = false;
  #lastCopiedOut = false;
  #error: ServerError | undefined;
  #copiedOut = false;
  #copyError: unknown;
  #copyHint: string | undefined;
  #full: Promise<unknown> | undefined;
  #isOver = false;
  /** Aborts when the data of a COPY is not wanted any more. */
  #over: AbortController | undefined;

  constructor(options: SimpleQueryOptions, onOver: (outcome: QueryOutcome) => void) {
    this.#options = options;
    this.#onOver = onOver;
  }

  submit(connection: WireConnection): null {
    const { text, textsBehind = [] } = this.#options;
    observe(connection, this);
    if (textsBehind.length > 0) {
      connection.stream.cork();
    }
    if (text !== undefined) {
      connection.query(text);
    }
    if (textsBehind.length > 0) {
      for (const behind of textsBehind) {
        connection.query(behind);
      }
      connection.stream.uncork();
    }
    return null;
  }

  /** The server is ready for the next message. After a failed query the client does not tell the state. */
  onReady({ status }: ConnectionMessage): void {
    this.#finish({ status: statusOfLetter(status), lost: undefined });
  }

  onEnd(): void {
    this.#finish({ status: undefined, lost: new Error("connection closed") });
  }

  onParameter({ parameterName = "", parameterValue = "" }: ConnectionMessage): void {
    this.#options.onParameter?.(parameterName, parameterValue);
  }

  onNotice(notice: Partial<ScriptNotice>): void {
    this.#options.onNotice?.(toNotice(notice));
  }

  /** The driver calls handleCopyInResponse without the server's message, which tells the format. */
  onCopyIn(connection: WireConnection, { binary }: ConnectionMessage): void {
    const source = this.#options.onCopyIn?.(binary ? "binary" : "text") ?? noData;
    if ("refusal" in source) {
      this.#copyHint ??= source.hint;
      connection.sendCopyFail(source.refusal);
    } else {
      void this.#sendCopy(connection, source);
    }
  }

  onCopyOut(): void {
    this.#copiedOut = true;
  }

  handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    const { rows = "drop" } = this.#options;
    this.#pendingFields = message.fields;
    this.#pendingRows = noRows;
    this.#keeps =
      typeof rows === "string" ? rows === "keep" : message.fields[0]?.name === rows.ofColumn;
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    if (!this.#keeps) {
      return;
    }
    if (this.#pendingRows === noRows) {
      this.#pendingRows = [];
    }
    this.#pendingRows.push(message.fields);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#tags.push(message.text);
    this.#fields = this.#pendingFields;
    if (typeof this.#options.rows !== "object" || this.#pendingRows !== noRows) {
      this.#rows = this.#pendingRows;
    }
    this.#lastCopiedOut = this.#copiedOut;
    this.#pendingFields = undefined;
    this.#pendingRows = noRows;
    this.#copiedOut = false;
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleReadyForQuery(): void {}

  handleError(error: unknown): void {
    if (!isServerError(error)) {
      this.#finish({ status: undefined, lost: error });
      return;
    }
    this.#error ??= error;
    this.#over?.abort();
  }

  handleCopyInResponse(): void {}

  handleCopyData(message: { readonly chunk: Buffer }, { stream }: WireConnection): void {
    const full = this.#options.onCopyOut?.(message.chunk);
    // What has arrived already comes in spite of the pause, and meets the same promise.
    if (full === undefined || full === this.#full) {
      return;
    }
    this.#full = full;
    stream.pause();
    const goOn = () => {
      stream.resume();
    };
    full.then(goOn, goOn);
  }

  async #sendCopy(
    connection: WireConnection,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): Promise<void> {
    this.#over ??= new AbortController();
    const { signal } = this.#over;
    try {
      for await (const chunk of chunks) {
        if (signal.aborted) {
          return;
        }
        connection.sendCopyFromChunk(chunk);
        if (connection.stream.writableNeedDrain) {
          await once(connection.stream, "drain", { signal });
        }
      }
      connection.endCopyFrom();
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.#copyError = error;
      connection.sendCopyFail(error instanceof Error ? error.message : String(error));
    }
  }

  #finish({ status, lost }: Pick<QueryOutcome, "status" | "lost">): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#over?.abort();
    this.callback?.();
    this.#onOver({
      status,
      tags: this.#tags,
      columns: this.#fields?.map(({ name }) => name),
      rows: this.#rows,
      error: this.#error,
      copiedOut: this.#lastCopiedOut,
      copyError: this.#copyError,
      copyHint: this.#copyHint,
      lost,
    });
  }
}

/** Sends a message. Never rejects. */
export function sendQuery(
  client: ScriptClient,
  options: SimpleQueryOptions,
): Promise<QueryOutcome> {
  return new Promise((resolve) => {
    client.query(new SimpleQuery(options, resolve));
  });
}

/** A column of a result, as the driver describes it. */
interface Field {
  readonly name: string;
}

const noData: CopyRefusal = { refusal: "there is no data for this COPY" };
const noRows: (readonly (string | null)[])[] = [];
