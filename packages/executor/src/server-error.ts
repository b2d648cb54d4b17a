import { isPgMigError } from "@pg-mig/errors";
import { ScriptError } from "@pg-mig/psql-script";

/** The SQLSTATE of an error that a server raised, else `undefined`. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof ScriptError) return error.sqlState;
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Whether the connection is gone: the socket broke, or the server ended the session (severity FATAL
 * or PANIC, SQLSTATE classes 08 and 57P).
 */
export function isConnectionLoss(error: unknown): boolean {
  if (isPgMigError(error) && error.code === "CONNECTION_LOST") return true;
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return /^(08|57P0[1-5])/.test(sqlState);
  // What pg and node:net raise for a broken socket are plain errors without a SQLSTATE.
  return error instanceof Error && error.name === "Error";
}

/** Why a transaction that the server ended can succeed when it is simply run again. */
export function retryReason(
  error: unknown,
): "lock-timeout" | "deadlock" | "serialization" | undefined {
  switch (sqlStateOf(error)) {
    case "55P03": // lock_not_available
      return "lock-timeout";
    case "40P01": // deadlock_detected
      return "deadlock";
    case "40001": // serialization_failure
      return "serialization";
    case "XX000":
      // "tuple concurrently updated": two transactions replaced one function at once.
      return detailsOf(error).routine === "simple_heap_update" ? "serialization" : undefined;
    case "23505":
      // Two transactions created one object at once.
      return detailsOf(error).schema === "pg_catalog" ? "serialization" : undefined;
    default:
      return undefined;
  }
}

/** The fields of a server's error that are not for people, as pg gives them. */
function detailsOf(error: unknown): { readonly routine?: unknown; readonly schema?: unknown } {
  const source = error instanceof ScriptError ? error.cause : error;
  return typeof source === "object" && source !== null ? source : {};
}

/** Whether a script ended because of an abort: on the server, or between two messages. */
export function isInterruption(error: unknown): boolean {
  if (isPgMigError(error) && error.code === "SCRIPT_ABORTED") return true;
  return sqlStateOf(error) === "57014"; // query_canceled
}
