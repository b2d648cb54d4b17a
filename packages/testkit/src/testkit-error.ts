/** The stable word for each way the testkit itself can fail. */
export type TestkitErrorCode =
  | "POSTGRES_NOT_INSTALLED"
  | "POSTGRES_PROGRAM_FAILED"
  | "NODE_DID_NOT_START"
  | "NODE_NOT_RUNNING"
  | "REPLICA_NOT_PROMOTED"
  | "POOLER_NOT_INSTALLED"
  | "POOLER_DID_NOT_START"
  | "NO_UNPRIVILEGED_USER"
  | "CLEANUP_FAILED";

/**
 * An error of the testkit, as opposed to one of the server (those arrive as they are, from `pg`).
 * `message` says what happened, `hint` what to do about it.
 */
export class TestkitError extends Error {
  override readonly name = "TestkitError";
  readonly code: TestkitErrorCode;
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly code: TestkitErrorCode; readonly hint?: string; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
  }
}
