import type { Script } from "@pg-mig/psql-script";
import { parseCreateIndexConcurrently, parseDropIndex } from "./concurrent-index.js";
import { outsideTransactionName } from "./outside-transaction.js";
import type { SqlPhrase } from "./sql-phrase.js";
import { transactionControlOf } from "./transaction-control.js";

/**
 * What of one run may run beside a file in one database. Some commands wait for every transaction of
 * the database that is older than their own, whatever they do:
 * - `transactions`: it has no such command, and may run beside whatever has none;
 * - `builds`: it builds plain indexes concurrently; builds of these do not wait for each other;
 * - `nothing`: it builds others, or it is unknown what it does.
 */
export type MayRunBeside = "transactions" | "builds" | "nothing";

/** Judges a file that runs something outside of a transaction. If in doubt, nothing may run beside it. */
export function mayRunBeside(phrases: readonly SqlPhrase[], script: Script): MayRunBeside {
  // A psql command may include or make up anything.
  if (script.commands.length > 0) {
    return "nothing";
  }
  if (!phrases.some(waitsForTransactions)) {
    return "transactions";
  }
  return phrases.every(isPlainBuild) ? "builds" : "nothing";
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
