import { type Command, isReconnect, type Script, type Statement } from "@pg-mig/psql-script";
import { type MayRunBeside, mayRunBeside } from "./concurrency.js";
import { parseCreateIndexConcurrently, parseDropIndex } from "./concurrent-index.js";
import type { Limits } from "./limits.js";
import { outsideTransactionName } from "./outside-transaction.js";
import { type OwnTransactions, walkOwnTransactions } from "./own-transactions.js";
import { phrasesOf, phrasesToJudge, type SqlPhrase } from "./sql-phrase.js";
import { problemAt, type StatementProblem, unnamedIndex } from "./statement-problem.js";
import { controlName, transactionControlOf } from "./transaction-control.js";
import { walkTransactionEndingFile } from "./transaction-ending-file.js";

/**
 * How a file runs:
 * - `wrapped`: wholly inside of one transaction, with the change of the ledger;
 * - `concurrent`: it is one command that PostgreSQL refuses in a transaction, and runs by itself;
 *   the ledger is changed in a transaction after it;
 * - `ends-transaction`: it starts with `COMMIT;`, so that it can run such commands, and ends inside of a
 *   transaction that it began with `BEGIN;`, in which the ledger is changed. Its statements must be
 *   sent one by one;
 * - `own-transactions`: it begins and commits transactions in any other way, as psql lets it, or begins a new
 *   session with `\c`. What it has committed stays if it fails later. The ledger is changed in its last transaction.
 */
export type TransactionForm = "wrapped" | "concurrent" | "ends-transaction" | "own-transactions";

/** What a file has to do with transactions. */
export interface TransactionUse {
  readonly transaction: TransactionForm;
  /** What of the same run may run beside it in one database. */
  readonly mayRunBeside: MayRunBeside;
  /**
   * For a `concurrent` CREATE INDEX: the index whose leftover of a failed try is to be dropped first,
   * outside of a transaction too, with `DROP INDEX CONCURRENTLY IF EXISTS`. SQL text, to be used as it
   * is: every part is quoted where the file quotes it.
   */
  readonly dropFirst: string | undefined;
  /**
   * The indexes that the file builds concurrently: SQL text such as `ix` or `other."My ix"`, which
   * `to_regclass` understands. The build is done only if they are valid afterwards.
   */
  readonly concurrentIndexes: readonly string[];
  /** What is known of an `own-transactions` file; `undefined`: it is none. */
  readonly own: OwnTransactions | undefined;
}

export interface JudgedTransactions extends TransactionUse {
  readonly problems: readonly StatementProblem[];
}

/**
 * What a file is: a `hook` (before.sql, after.sql) needs no limits to build an index concurrently, and
 * may not control its transactions as it likes.
 */
export type FileKind = "version" | "hook";

/**
 * Decides how a script runs, and finds all that PostgreSQL would refuse or that would commit a
 * version without its ledger entry. Of the files that the script includes, only `\c` is looked for.
 */
export function judgeTransactions(
  script: Script,
  limits: Limits,
  kind: FileKind,
): JudgedTransactions {
  if (!script.commands.some(isReconnect) && !script.statements.some(isOutOfTheOrdinary)) {
    return { ...wrapped, mayRunBeside: "transactions", problems: includedReconnects(script) };
  }
  const phrases = phrasesToJudge(script.statements);
  const [only] = phrases;
  const wantsOutside = phrases.some((phrase) => outsideTransactionName(phrase) !== undefined);
  const judged: Omit<JudgedTransactions, "mayRunBeside"> =
    only !== undefined && wantsOutside && phrases.length === 1 && script.commands.length === 0
      ? judgeAlone(only)
      : judgeControls(phrases, script, kind, wantsOutside);
  const missing = kind === "version" ? missingLimits(phrases, limits) : [];
  return {
    ...judged,
    mayRunBeside: judged.transaction === "wrapped" ? "transactions" : mayRunBeside(phrases, script),
    problems: [...judged.problems, ...includedReconnects(script), ...missing],
  };
}

/** Whether a statement bears on transactions. A dump has a million that do not: nothing is kept of those. */
function isOutOfTheOrdinary(statement: Statement): boolean {
  return phrasesOf(statement).some(
    (phrase) =>
      transactionControlOf(phrase) !== undefined || outsideTransactionName(phrase) !== undefined,
  );
}

const wrapped: Omit<TransactionUse, "mayRunBeside"> = {
  transaction: "wrapped",
  dropFirst: undefined,
  concurrentIndexes: [],
  own: undefined,
};

/** A file that holds more than one command, or other things than that. */
function judgeControls(
  phrases: readonly SqlPhrase[],
  script: Script,
  kind: FileKind,
  wantsOutside: boolean,
): Omit<JudgedTransactions, "mayRunBeside"> {
  const controls = phrases.filter(
    (phrase) =>
      transactionControlOf(phrase) !== undefined &&
      !script.largeObjectFrames.has(phrase.statement.offset),
  );
  const startsWithCommit = controls[0] === phrases[0] && isCommit(phrases[0]);
  const reconnects = script.commands.filter(isReconnect);
  if (kind === "hook" || phrases.some(isConcurrentIndex)) {
    const judged =
      kind === "version" || wantsOutside || startsWithCommit
        ? judgeEnding(phrases)
        : { ...wrapped, problems: controls.map(refusedControl) };
    return { ...judged, problems: [...judged.problems, ...reconnects.map(refusedReconnect)] };
  }
  if (reconnects.length > 0) {
    return judgeOwn(phrases, script);
  }
  if (controls.length === 0 && !wantsOutside) {
    return { ...wrapped, problems: [] };
  }
  const ending = startsWithCommit ? judgeEnding(phrases) : undefined;
  return ending?.problems.length === 0 ? ending : judgeOwn(phrases, script);
}

function isCommit(phrase: SqlPhrase | undefined): boolean {
  return phrase !== undefined && transactionControlOf(phrase) === "commit";
}

function isConcurrentIndex(phrase: SqlPhrase): boolean {
  return /^(?:CREATE|DROP) INDEX CONCURRENTLY$/.test(outsideTransactionName(phrase) ?? "");
}

function judgeOwn(
  phrases: readonly SqlPhrase[],
  script: Script,
): Omit<JudgedTransactions, "mayRunBeside"> {
  return {
    transaction: "own-transactions",
    dropFirst: undefined,
    concurrentIndexes: [],
    ...walkOwnTransactions(phrases, script),
  };
}

function refusedControl(phrase: SqlPhrase): StatementProblem {
  const name = controlName(phrase);
  return problemAt(
    phrase,
    `${name} in a file that runs in one transaction`,
    "Remove it: the tool begins and commits the transaction. A file that must end it starts with COMMIT; and has BEGIN; after what runs outside.",
  );
}

function refusedReconnect({ name, position }: Command): StatementProblem {
  return {
    message: `\\${name} in a file that runs in one session`,
    hint: "Remove it: the session that it begins has another transaction, other locks and another search_path.",
    where: position,
  };
}

/** What a file does after it includes another session's beginning cannot be told beforehand. */
function includedReconnects({ includes }: Script): readonly StatementProblem[] {
  return [...includes.values()].flatMap(({ commands }) =>
    commands.filter(isReconnect).map(({ name, position }) => ({
      message: `\\${name} in an included file`,
      hint: "Put it into the file of the version, or remove it.",
      where: position,
    })),
  );
}

function judgeAlone(phrase: SqlPhrase): Omit<JudgedTransactions, "mayRunBeside"> {
  const create = parseCreateIndexConcurrently(phrase);
  const drop = parseDropIndex(phrase);
  const problems: StatementProblem[] = [];
  if (create !== undefined && create.index === undefined) {
    problems.push(unnamedIndex(phrase));
  }
  if (drop !== undefined && !drop.ifExists) {
    problems.push(
      problemAt(
        phrase,
        "DROP INDEX CONCURRENTLY without IF EXISTS",
        "Write DROP INDEX CONCURRENTLY IF EXISTS: the ledger is written after it, so a run that is interrupted between the two must be able to repeat it.",
      ),
    );
  }
  const index = create?.index?.join(".");
  return {
    transaction: "concurrent",
    dropFirst: index,
    concurrentIndexes: index === undefined ? [] : [index],
    own: undefined,
    problems,
  };
}

function judgeEnding(phrases: readonly SqlPhrase[]): Omit<JudgedTransactions, "mayRunBeside"> {
  return {
    transaction: "ends-transaction",
    dropFirst: undefined,
    own: undefined,
    ...walkTransactionEndingFile(phrases),
  };
}

function missingLimits(phrases: readonly SqlPhrase[], limits: Limits): readonly StatementProblem[] {
  if (limits.perHost !== undefined || limits.global !== undefined || limits.runAlone) {
    return [];
  }
  const create = phrases.find((phrase) => parseCreateIndexConcurrently(phrase) !== undefined);
  if (create === undefined) {
    return [];
  }
  return [
    problemAt(
      create,
      "CREATE INDEX CONCURRENTLY without a limit on how many shards run it at a time",
      "Begin the file with a line -- $parallelism_per_host = 1, or $parallelism_global, or $run_alone = 1.",
    ),
  ];
}
