import { once } from "node:events";
import { isServerError, type ServerError } from "../source/server-error.js";
import type { ConnectionMessage, WireConnection } from "./script-client.js";
import type { TransactionStatus } from "./transaction-status.js";

/** What became of one message. It is never an exception: the caller knows better what it means. */
export interface QueryOutcome {
  /** As the server reports it behind the message; undefined where the connection was lost. */
  readonly status: TransactionStatus | undefined;
  /** The command tags of the statements that were completed, in order. */
  readonly tags: readonly string[];
  /** The names of the columns of the last statement's result, or undefined if it had none. */
  readonly columns: readonly string[] | undefined;
  /** The rows of the last statement's result, as text, if they were asked for. */
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
  readonly text: string;
  readonly rows?: "keep" | "drop";
  readonly onCopyIn?: (format: CopyFormat) => CopySource;
  /** Takes the data of a COPY TO STDOUT. While a returned promise is pending, no more is read. */
  readonly onCopyOut?: (chunk: Buffer) => Promise<unknown> | undefined;
  /** The server reports that one of its parameters changed. */
  readonly onParameter?: (name: string, value: string) => void;
}

const statuses: Readonly<Record<string, TransactionStatus>> = { I: "idle", T: "open", E: "failed" };

/**
 * One message of the simple query protocol, in the form that a `pg.Client` takes from its
 * `query(submittable)`. The driver calls the methods; `outcome` settles when the server is ready for
 * the next message, or the connection is gone.
 */
export class SimpleQuery {
  readonly outcome: Promise<QueryOutcome>;
  /** Set by a client that has a `query_timeout`, and to be called at the end. */
  callback: (() => void) | undefined;

  readonly #options: SimpleQueryOptions;
  readonly #tags: string[] = [];
  #result: Result = noResult;
  #pending: Result = noResult;
  #error: ServerError | undefined;
  #copiedOut = false;
  #copyError: unknown;
  #copyHint: string | undefined;
  #full: Promise<unknown> | undefined;
  #settle: (outcome: QueryOutcome) => void = () => {};
  #detach: () => void = () => {};
  readonly #over = new AbortController();

  constructor(options: SimpleQueryOptions) {
    this.#options = options;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  submit(connection: WireConnection): null {
    // After a failed query the client does not tell the state: ask the connection.
    const onReady = (message: ConnectionMessage) =>
      this.#finish({ status: statuses[message.status ?? ""], lost: undefined });
    const onParameter = ({ parameterName = "", parameterValue = "" }: ConnectionMessage) =>
      this.#options.onParameter?.(parameterName, parameterValue);
    const onEnd = () => this.#finish({ status: undefined, lost: new Error("connection closed") });
    // The driver calls handleCopyInResponse without the server's message, which tells the format.
    const onCopyIn = ({ binary }: ConnectionMessage) =>
      this.#answerCopyIn(connection, binary ? "binary" : "text");
    const onCopyOut = () => {
      this.#copiedOut = true;
    };
    connection.once("readyForQuery", onReady);
    connection.once("end", onEnd);
    connection.on("parameterStatus", onParameter);
    connection.on("copyInResponse", onCopyIn);
    connection.on("copyOutResponse", onCopyOut);
    this.#detach = () => {
      connection.removeListener("readyForQuery", onReady);
      connection.removeListener("end", onEnd);
      connection.removeListener("parameterStatus", onParameter);
      connection.removeListener("copyInResponse", onCopyIn);
      connection.removeListener("copyOutResponse", onCopyOut);
    };
    connection.query(this.#options.text);
    return null;
  }

  handleRowDescription(message: { readonly fields: readonly { readonly name: string }[] }): void {
    const columns = message.fields.map((field) => field.name);
    this.#pending = { ...noResult, columns, rows: [] };
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    if (this.#options.rows === "keep") {
      this.#pending.rows.push(message.fields);
    }
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#tags.push(message.text);
    this.#result = { ...this.#pending, copiedOut: this.#copiedOut };
    this.#pending = noResult;
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
    this.#over.abort();
  }

  handleCopyInResponse(): void {}

  #answerCopyIn(connection: WireConnection, format: CopyFormat): void {
    const source = this.#options.onCopyIn?.(format) ?? noData;
    if ("refusal" in source) {
      this.#copyHint ??= source.hint;
      connection.sendCopyFail(source.refusal);
    } else {
      void this.#sendCopy(connection, source);
    }
  }

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

  #finish(end: Pick<QueryOutcome, "status" | "lost">): void {
    this.#detach();
    this.#over.abort();
    this.callback?.();
    this.#settle({
      ...end,
      tags: this.#tags,
      columns: this.#result.columns,
      rows: this.#result.rows,
      copiedOut: this.#result.copiedOut,
      error: this.#error,
      copyError: this.#copyError,
      copyHint: this.#copyHint,
    });
  }
}

/** What a statement returned so far. */
interface Result {
  readonly columns: readonly string[] | undefined;
  readonly rows: (readonly (string | null)[])[];
  readonly copiedOut: boolean;
}

const noData: CopyRefusal = { refusal: "there is no data for this COPY" };
const noResult: Result = { columns: undefined, rows: [], copiedOut: false };
