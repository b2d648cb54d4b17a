import type { ErrorLocation } from "@pg-mig/model";

/** An error as plain data, so that events survive `JSON.stringify`. */
export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly where?: ErrorLocation;
  /** What PostgreSQL said, if the error came from a server. */
  readonly server?: {
    readonly sqlState?: string;
    readonly message: string;
    readonly detail?: string;
    readonly hint?: string;
    readonly context?: string;
  };
  /** The source line of the error with a caret under the column, as two lines of text. */
  readonly excerpt?: string;
}
