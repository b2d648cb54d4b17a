import { hasWords, type SqlPhrase } from "./sql-phrase.js";

/** What a command does to the transaction that it is in. */
export type TransactionControl = "begin" | "commit" | "chain" | "rollback" | "prepare";

/** How a user would call them. */
export const controlNames: Readonly<Record<TransactionControl, string>> = {
  begin: "BEGIN",
  commit: "COMMIT",
  chain: "COMMIT AND CHAIN",
  rollback: "ROLLBACK",
  prepare: "PREPARE TRANSACTION",
};

/**
 * Tells how a command begins or ends a transaction; `undefined` where it does neither. Savepoints,
 * and what ends a *prepared* transaction, do neither. `chain` ends one and begins the next at once.
 */
export function transactionControlOf(phrase: SqlPhrase): TransactionControl | undefined {
  switch (phrase.words[0]) {
    case "BEGIN":
      return "begin";
    case "START":
      return hasWords(phrase, 1, "TRANSACTION") ? "begin" : undefined;
    case "PREPARE":
      return hasWords(phrase, 1, "TRANSACTION") && phrase.tokens[2]?.kind === "string"
        ? "prepare"
        : undefined;
    case "COMMIT":
    case "END":
      if (hasWords(phrase, 1, "PREPARED")) {
        return undefined;
      }
      return isChained(phrase) ? "chain" : "commit";
    case "ROLLBACK":
    case "ABORT":
      return hasWords(phrase, 1, "PREPARED") || phrase.words.includes("TO")
        ? undefined
        : "rollback";
    default:
      return undefined;
  }
}

function isChained({ words }: SqlPhrase): boolean {
  return words.at(-1) === "CHAIN" && words.at(-2) !== "NO";
}
