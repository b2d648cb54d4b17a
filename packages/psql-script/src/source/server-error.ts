/** An ErrorResponse of the server, in the form that `pg` gives it. All texts are the server's. */
export interface ServerError extends Error {
  readonly severity: string;
  /** The SQLSTATE. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Where in the message it is, in characters from 1. */
  readonly position: string | undefined;
  /** The context: the stack of PL/pgSQL functions and the like. */
  readonly where: string | undefined;
}

/** Tells an error that the server sent from one of the network or the driver. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && "severity" in error && typeof error.severity === "string";
}
