import type { Script } from "@pg-mig/psql-script";
import { parseCreateIndexConcurrently, parseDropIndex } from "./concurrent-index.js";
import { outsideTransactionName } from "./outside-transaction.js";
import type { SqlPhrase } from "./sql-phrase.js";
import { transactionControlOf } from "./transaction-control.js";

/**
 * What of one run may run beside a file in one database. Some commands wait for every transaction of
 * the database that is older than their own, whatever it works at:
 * - `transactions`: it has no such command, and may run beside whatever has none;
 * - `builds`: it builds plain indexes concurrently; builds of these do not wait for each other;
 * - `nobody`: it builds others, or nobody knows what.
 */
export type Company = "transactions" | "builds" | "nobody";

/** Judges a file that runs something outside of a transaction; where in doubt, it is alone. */
export function companyOf(phrases: readonly SqlPhrase[], script: Script): Company {
  // A psql command may include or make up anything.
  if (script.commands.length > 0) {
    return "nobody";
  }
  if (!phrases.some(waitsForTransactions)) {
    return "transactions";
  }
  return phrases.every(isPlainBuild) ? "builds" : "nobody";
}

/** DROP INDEX CONCURRENTLY, VACUUM and the others wait at most for who uses their own table. */
function waitsForTransactions(phrase: SqlPhrase): boolean {
  return (
    parseCreateIndexConcurrently(phrase) !== undefined ||
    outsideTransactionName(phrase) === "REINDEX … CONCURRENTLY"
  );
}

/** A plain build, or what belongs to one. Anything else could keep a transaction open for long. */
function isPlainBuild(phrase: SqlPhrase): boolean {
  const control = transactionControlOf(phrase);
  return (
    parseCreateIndexConcurrently(phrase)?.plain ??
    (parseDropIndex(phrase) !== undefined || control === "commit" || control === "begin")
  );
}
