import { leadingWordsOf } from "./statement.js";

/** What a statement does to the transaction block around it. */
export type BlockEffect = "begins" | "ends" | "none";

/** It begins with a word, and none that has to do with transactions. */
const saysNothing = /^(?!begin|start|commit|end|abort|rollback|prepare)[a-z]/i;

/** Tells whether a statement opens or ends a transaction block. Savepoints do neither. */
export function transactionControl(statement: string): BlockEffect {
  if (saysNothing.test(statement)) {
    return "none";
  }
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
