import { bugHint, type ErrorLocation, isPgMigError, type PgMigError, wordsOf } from "@pg-mig/model";
import { ScriptError } from "@pg-mig/psql-script";
import type { ErrorInfo } from "@pg-mig/report";
import { isBug, isConnectionLoss, isOutOfMemory, serverWords } from "./server-error.js";

/** Turns what was thrown into plain data for events and reports; `where` adds what is known of the place. */
export function errorInfo(error: unknown, where: ErrorLocation): ErrorInfo {
  const place = { ...where, ...definedOnly(isPgMigError(error) ? (error.where ?? {}) : {}) };
  const words = serverWords(error);
  const server = words && { message: words.message, ...definedOnly(words) };
  if (isPgMigError(error)) {
    const { code, message } = error;
    const hint = isOutOfMemory(error) ? outOfMemoryHint : (error.hint ?? hintOf(error));
    const excerpt = error instanceof ScriptError ? error.excerpt : undefined;
    return { code, message, ...definedOnly({ hint, excerpt, server }), where: place };
  }
  const message = wordsOf(error);
  if (isBug(error)) {
    return { code: "INTERNAL_ERROR", message, hint: bugHint, where: place };
  }
  const code = isConnectionLoss(error) ? "CONNECTION_LOST" : "SERVER_REFUSED";
  return { code, message, ...definedOnly({ server }), where: place };
}

/** What to do about an error of a server that says nothing of the file, or nothing of what helps. */
function hintOf(error: PgMigError): string | undefined {
  if (!(error instanceof ScriptError)) {
    return undefined;
  }
  if (error.part === "epilogue") {
    return "The file ran to its end, and its entry could not be stored in the ledger. Let the file neither drop nor rename its schema, nor make its transaction read-only.";
  }
  return error.serverHint === undefined ? rightsHints.get(error.sqlState) : undefined;
}

/** By SQLSTATE, what the role of a file needs. */
const rightsHints: ReadonlyMap<string | undefined, string> = new Map([
  [
    "42501",
    "A file runs as the role that logs in, unless it sets another: make that role a member of the owner (GRANT owner TO role), or begin the file with SET ROLE. docs/least-privilege.md has more.",
  ],
  [
    "3F000",
    "The role of the file may create in no schema of its search_path. Without a search_path of its own that is the shard: GRANT USAGE, CREATE ON SCHEMA … TO that role.",
  ],
]);

const outOfMemoryHint =
  "The server has no room for the locks, or no memory, that this needs. Raise max_locks_per_transaction (the server must be restarted for it), or split the file so that each part touches fewer tables.";

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
