import { isPgMigError, PgMigError } from "@pg-mig/model";
import { ScriptError } from "@pg-mig/psql-script";

/** What a server says with an error. */
export interface ServerWords {
  readonly message: string;
  readonly sqlState?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * What the server said, if it is a server that raised the error; else `undefined`. Its hint only if the
 * statement is one of a file.
 */
export function serverWords(error: unknown): ServerWords | undefined {
  if (error instanceof ScriptError) {
    const { serverMessage: message, sqlState, detail, serverHint: hint, context } = error;
    return message === undefined ? undefined : { message, sqlState, detail, hint, context };
  }
  if (isPgMigError(error)) {
    if (!refusals.has(error.code)) {
      return undefined;
    }
    // At COMMIT it is the deferred triggers and constraints of the files that speak.
    return error.code === "COMMIT_REFUSED" ? databaseWords(error.cause) : serverWords(error.cause);
  }
  const words = databaseWords(error);
  // What no script has sent is a statement of the tool's own: advice about it is for nobody.
  return words && { ...words, hint: undefined };
}

function databaseWords(error: unknown): ServerWords | undefined {
  if (!(error instanceof Error) || !("severity" in error)) {
    return undefined;
  }
  const { message, code, detail, hint, where }: Error & DatabaseErrorFields = error;
  return { message, sqlState: code, detail, hint, context: where };
}

/** The codes of errors that only say where and when a server refused something. */
const refusals = new Set(["COMMIT_REFUSED", "NODE_NOT_WRITABLE"]);

/** What pg adds to the errors that servers raise. */
interface DatabaseErrorFields {
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
}

/**
 * Whether the connection is gone: the socket broke, or the server ended the session (severity FATAL
 * or PANIC, SQLSTATE classes 08 and 57P). Code that breaks a connection itself throws
 * {@link connectionLost}.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (isPgMigError(error) && error.code === "CONNECTION_LOST") {
    return true;
  }
  const sqlState = serverWords(error)?.sqlState;
  if (sqlState !== undefined) {
    return /^(08|57P0[1-5])/.test(sqlState);
  }
  return error instanceof Error && (isNetworkError(error) || isDriverError(error));
}

/**
 * Whether an error is a bug of the tool: no server, no connection, no abort and none of our own checks
 * raised it. Such an error is never a reason to try again.
 */
export function isBug(error: unknown): boolean {
  return !(
    isPgMigError(error) ||
    databaseWords(error) !== undefined ||
    isConnectionLoss(error) ||
    (error instanceof Error && error.name === "AbortError")
  );
}

/** An error as Node makes it. */
type NodeError = Error & { readonly code?: unknown; readonly syscall?: unknown };

/**
 * Whether Node's net, tls or dns raised it. A mistake in a call of them has a code, too: it is a
 * `TypeError` or a `RangeError`.
 */
function isNetworkError({ name, code, syscall }: NodeError): boolean {
  return (
    (name === "Error" || name === "AggregateError") &&
    typeof code === "string" &&
    (networkCodes.has(code) || networkCodeKinds.test(code) || syscall === "connect")
  );
}

/** Of the system and of the resolver. */
const networkCodes = new Set([
  "EADDRNOTAVAIL",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENOTCONN",
  "ENOTFOUND",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Of the resolver, of sockets and streams, and of TLS: its library's, Node's, and those of certificates. */
const networkCodeKinds =
  /^(?:EAI_|ERR_(?:SSL|TLS|SOCKET|STREAM)_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** Whether pg, or our queries that it sends, say in a plain error that a connection is of no use. */
function isDriverError({ name, code, message }: NodeError): boolean {
  return name === "Error" && code === undefined && driverWords.test(message);
}

const driverWords =
  /^(?:Connection terminated(?: unexpectedly)?|timeout expired|Query read timeout|Client (?:has encountered a connection error|was closed) and is not queryable|Received unexpected \w+ message from backend\.|The server does not support SSL connections|There was an error establishing an SSL connection|connection closed)$/;

/** The error of who finds that a connection is gone, or has broken it. */
export function connectionLost(message: string): PgMigError {
  return new PgMigError(message, { code: "CONNECTION_LOST", hint: "Look into the server's log." });
}

/** Why a transaction that the server ended can succeed when it is simply run again. */
export function retryReason(
  error: unknown,
): "lock-timeout" | "deadlock" | "serialization" | undefined {
  switch (serverWords(error)?.sqlState) {
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

/**
 * Whether the server had no room for one more lock, or no memory: what fails for that beside others
 * can succeed alone.
 */
export function isOutOfMemory(error: unknown): boolean {
  return serverWords(error)?.sqlState === "53200"; // out_of_memory
}

/** The fields of a server's error that are not for people, as pg gives them. */
function detailsOf(error: unknown): { readonly routine?: unknown; readonly schema?: unknown } {
  const source = isPgMigError(error) ? error.cause : error;
  return typeof source === "object" && source !== null ? source : {};
}

/** Whether a script ended because of an abort: on the server, or between two messages. */
export function isInterruption(error: unknown): boolean {
  if (isPgMigError(error) && error.code === "SCRIPT_ABORTED") {
    return true;
  }
  return serverWords(error)?.sqlState === "57014"; // query_canceled
}
