import { leadingWordsOf } from "./statement.js";

/** What a statement does to the transaction block around it. */
export type BlockEffect = "begins" | "ends" | "none";

/** Tells whether a statement opens or ends a transaction block. Savepoints do neither. */
export function transactionControl(statement: string): BlockEffect {
  const [first, second, third] = leadingWordsOf(statement, 3);
  switch (first) {
    case "BEGIN":
    case "START":
      return "begins";
    case "COMMIT":
    case "END":
    case "ABORT":
      return "ends";
    case "ROLLBACK":
      return second === "TO" || third === "TO" ? "none" : "ends";
    case "PREPARE":
      return second === "TRANSACTION" ? "ends" : "none";
    default:
      return "none";
  }
}
