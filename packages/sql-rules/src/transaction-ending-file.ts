import {
  isSameIndex,
  parseCreateIndexConcurrently,
  parseDropIndex,
  type SqlName,
} from "./concurrent-index.js";
import { outsideTransactionName } from "./outside-transaction.js";
import { phrasesOf, type SqlPhrase } from "./sql-phrase.js";
import { problemAt, type StatementProblem, unnamedIndex } from "./statement-problem.js";
import {
  controlName,
  type TransactionControl,
  transactionControlOf,
} from "./transaction-control.js";

/** What was found in a file that ends the tool's transaction. */
export interface TransactionEndingFile {
  /** The indexes that it builds concurrently, as SQL text. */
  readonly concurrentIndexes: readonly string[];
  readonly problems: readonly StatementProblem[];
}

/**
 * Goes through a file that starts, or should start, with `COMMIT;`, and follows whether a transaction is
 * open. Reports everything that is missing, as if the file had the rest.
 */
export function walkTransactionEndingFile(phrases: readonly SqlPhrase[]): TransactionEndingFile {
  const walk = new TransactionEndingFileWalk(phrases);
  for (const phrase of phrases) {
    walk.step(phrase);
  }
  walk.end();
  return {
    concurrentIndexes: walk.built,
    problems: walk.problems,
  };
}

class TransactionEndingFileWalk {
  readonly problems: StatementProblem[] = [];
  readonly built: string[] = [];
  readonly #dropped: SqlName[] = [];
  #inTransaction: boolean;
  #lastOutside: SqlPhrase | undefined;

  constructor(phrases: readonly SqlPhrase[]) {
    this.#inTransaction = this.#begin(phrases);
  }

  /** Asks for the COMMIT at the start; returns whether the first phrase is inside of a transaction. */
  #begin(phrases: readonly SqlPhrase[]): boolean {
    const controls = phrases.map(transactionControlOf);
    const place = phrases.findIndex((phrase) => outsideTransactionName(phrase) !== undefined);
    const phrase = phrases[place];
    if (controls[0] === "commit" || phrase === undefined) {
      return true;
    }
    this.#problem(
      phrase,
      `${outsideTransactionName(phrase)} cannot run in a transaction, and the file does not start with COMMIT;`,
      "Put it alone into a version of its own, or start the file with COMMIT; and put BEGIN; after it.",
    );
    return controls.slice(0, place).includes("commit");
  }

  step(phrase: SqlPhrase): void {
    const control = transactionControlOf(phrase);
    if (control !== undefined) {
      this.#control(phrase, control);
    } else {
      this.#command(phrase);
    }
    if (!this.#inTransaction) {
      this.#lastOutside = phrase;
    }
  }

  end(): void {
    if (this.#inTransaction || this.#lastOutside === undefined) {
      return;
    }
    this.#problem(
      this.#lastOutside,
      "the file has no BEGIN; after what runs outside of a transaction",
      "Put BEGIN; after it: the ledger is written in that transaction.",
    );
  }

  #control(phrase: SqlPhrase, control: TransactionControl): void {
    const name = controlName(phrase);
    if (control === "begin") {
      if (this.#inTransaction) {
        this.#problem(
          phrase,
          `${name} inside of a transaction`,
          "Remove it, or put COMMIT; first.",
        );
      }
      this.#inTransaction = true;
    } else if (control === "commit") {
      if (!this.#inTransaction) {
        this.#problem(
          phrase,
          `${name} outside of a transaction`,
          "Remove it, or put BEGIN; first.",
        );
      }
      this.#inTransaction = false;
    } else {
      this.#problem(
        phrase,
        `${name} in a migration`,
        "Remove it: a file that ends the tool's transaction may hold only COMMIT; and BEGIN;.",
      );
    }
  }

  #command(phrase: SqlPhrase): void {
    const name = outsideTransactionName(phrase);
    if (name !== undefined) {
      this.#outsideCommand(phrase, name);
    }
    const create = parseCreateIndexConcurrently(phrase);
    if (create !== undefined) {
      this.#createIndex(phrase, create.index);
    }
    const drop = parseDropIndex(phrase);
    if (drop?.ifExists) {
      this.#dropped.push(...drop.indexes);
    }
  }

  #outsideCommand(phrase: SqlPhrase, name: string): void {
    if (this.#inTransaction) {
      const hint = "Put COMMIT; before it and BEGIN; after it.";
      this.#problem(phrase, `${name} cannot run in a transaction`, hint);
    } else if (phrasesOf(phrase.statement).length > 1) {
      const hint = "Write ; for \\;: what is sent as one message is one transaction.";
      this.#problem(phrase, `${name} cannot share a message with other commands`, hint);
    }
  }

  #createIndex(phrase: SqlPhrase, index: SqlName | undefined): void {
    if (index === undefined) {
      this.problems.push(unnamedIndex(phrase));
      return;
    }
    const name = index.join(".");
    this.built.push(name);
    if (this.#dropped.some((dropped) => isSameIndex(dropped, index))) {
      return;
    }
    this.#problem(
      phrase,
      `no DROP INDEX IF EXISTS ${name}; before its CREATE INDEX CONCURRENTLY`,
      `Put DROP INDEX CONCURRENTLY IF EXISTS ${name}; before it, so that a broken index of a failed attempt is replaced.`,
    );
  }

  #problem(phrase: SqlPhrase, message: string, hint: string): void {
    this.problems.push(problemAt(phrase, message, hint));
  }
}
