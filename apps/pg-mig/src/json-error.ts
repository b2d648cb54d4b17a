import { bugHint, type ErrorLocation, isPgMigError, type Problem } from "@pg-mig/model";
import { pageOf } from "./error-page.js";

/** What `--json` prints of a command that was refused before it started, or that a bug ended. */
export interface JsonError {
  readonly code: string;
  /** Where its code is explained. */
  readonly page: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly where?: ErrorLocation | undefined;
  /** The single problems, if several were found at once. */
  readonly problems?: readonly Problem[] | undefined;
}

/** An error as data; whatever is not a `PgMigError` is a bug. */
export function jsonError(error: unknown): JsonError {
  if (isPgMigError(error)) {
    const { code, message, hint, where, problems } = error;
    return { code, page: pageOf(code), message, hint, where, problems };
  }
  const code = "INTERNAL_ERROR";
  return { code, page: pageOf(code), message: String(error), hint: bugHint };
}
