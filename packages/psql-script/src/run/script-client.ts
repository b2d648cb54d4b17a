import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { ScriptNotice } from "./script-notice.js";
import type { TransactionStatus } from "./transaction-status.js";

/** The fields that are read of the messages which a connection emits. */
export interface ConnectionMessage extends Partial<ScriptNotice> {
  readonly status?: string;
  readonly parameterName?: string;
  readonly parameterValue?: string;
  /** The format of a COPY's data. */
  readonly binary?: boolean;
}

/** What a script needs of a `pg.Client`'s connection. */
export interface WireConnection {
  readonly stream: Pick<Duplex, "writableNeedDrain" | "pause" | "resume" | "cork" | "uncork"> &
    EventEmitter;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
  on(event: string, listener: (message: ConnectionMessage) => void): unknown;
  prependListener(event: string, listener: (message: ConnectionMessage) => void): unknown;
}

/** A message in the form that a `pg.Client` takes. */
export interface ScriptQuery {
  submit(connection: never): void;
  /** Told when a statement of it is completed. */
  handleCommandComplete(message: { readonly text: string }): void;
  /** Called when it is over; a client that wants to know sets it, and calls the one that was there. */
  callback: ((error?: Error) => void) | undefined;
}

/**
 * What runs a script: a connected `pg.Client` (or a client of a `pg.Pool`), which nobody else uses
 * meanwhile. It must not be in pipeline mode.
 */
export interface ScriptClient {
  query(submittable: ScriptQuery): unknown;
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
  listenerCount?(event: string): number;
  /** The state of the transaction at the moment: `I`, `T` or `E`. */
  getTransactionStatus?(): "I" | "T" | "E" | null;
  /**
   * What the server reported last of one of its parameters, as libpq's PQparameterStatus. Without it a
   * run asks the server, in a message more.
   */
  getParameterStatus?(name: string): string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the type of listeners in node:events, which pg has too
type Listener = (...args: any[]) => void;

/** What a run leaves behind in the session. */
export interface ScriptResult {
  /** The state of the transaction behind the last message, as the server reported it. */
  readonly transactionStatus: TransactionStatus;
  /** How many messages were sent. */
  readonly messages: number;
}
