import type { Message } from "../source/message.js";
import { oddCharacterInStatement } from "../source/odd-character.js";
import { ScriptError, type ScriptErrorOptions } from "../source/script-error.js";
import type { ServerError } from "../source/server-error.js";
import type { QueryOutcome } from "./simple-query.js";

/** Throws if nothing more is to be sent. */
export function requireNotAborted(message: Message, signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ScriptError("the run was aborted before this statement.", {
      ...atStatement(message, 0),
      code: "SCRIPT_ABORTED",
      cause: signal.reason,
    });
  }
}

/** Throws the error that a message's outcome means, if it means one: at the statement that it is about. */
export function requireSuccess(
  message: Message,
  outcome: QueryOutcome,
  expectOpenTransaction: boolean,
): void {
  const { tags, error, lost, status } = outcome;
  if (lost !== undefined) {
    throw new ScriptError(`the connection was lost${error ? `: ${error.message}` : ""}.`, {
      ...atStatement(message, tags.length),
      code: "CONNECTION_LOST",
      hint: "Look into the server's log. What was running may or may not have been done.",
      server: error,
      cause: error ?? lost,
    });
  }
  if (error !== undefined) {
    const place = error.position && message.placeOfCharacter(Number(error.position));
    const at = { ...atStatement(message, tags.length), ...(place || {}) };
    const statement = place
      ? (message.placeOfStatementAt(Number(error.position)) ?? at)
      : atStatement(message, tags.length);
    throw new ScriptError(error.message, {
      ...at,
      code: "SCRIPT_FAILED",
      // What the server advises about a statement of the caller's is not for the script's author.
      hint:
        at.part === "script"
          ? (outcome.copyHint ?? oddCharacterHint(error, statement) ?? error.hint)
          : undefined,
      server: error,
      cause: outcome.copyError ?? error,
    });
  }
  if (expectOpenTransaction && status !== "open") {
    throw new ScriptError("the transaction around the script is gone after this statement.", {
      ...atStatement(message, Math.max(tags.length - 1, 0)),
      code: "SCRIPT_ENDED_TRANSACTION",
      hint: "Remove what ends the transaction: it is not the script's to end.",
    });
  }
}

/** A syntax error, a name that does not exist, or one that cannot stand there (a column in a DEFAULT). */
const notUnderstood = /^(?:42|0A)/;

/** Names the character that no screen shows, if a statement was not understood and holds one. */
function oddCharacterHint(
  { code, message }: ServerError,
  { source, offset }: Pick<ScriptErrorOptions, "source" | "offset">,
): string | undefined {
  if (source === undefined || offset === undefined || !notUnderstood.test(code ?? "")) {
    return undefined;
  }
  return oddCharacterInStatement(source, offset, message);
}

/** The fields of an error that say where: at the statement that the server counts as the `nth`. */
function atStatement(
  message: Message,
  nth: number,
): Pick<ScriptErrorOptions, "part" | "source" | "offset" | "includedFrom"> {
  const place = message.placeOfStatement(nth);
  return {
    part: place?.part ?? "script",
    source: place?.source,
    offset: place?.offset,
    includedFrom: place?.includedFrom,
  };
}
