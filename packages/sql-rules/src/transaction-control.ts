import { hasWords, type SqlPhrase } from "./sql-phrase.js";

/** What a command does to the transaction that it is in. */
export type TransactionControl = "begin" | "commit" | "chain" | "rollback" | "prepare";

/** Names a command that controls a transaction as it is written, without noise words and modes. */
export function controlName(phrase: SqlPhrase): string {
  const [first = ""] = phrase.words;
  if (first === "START" || first === "PREPARE") {
    return `${first} TRANSACTION`;
  }
  return isChained(phrase) ? `${first} AND CHAIN` : first;
}

/**
 * Tells how a command begins or ends a transaction; `undefined` if it does neither. Savepoints,
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
