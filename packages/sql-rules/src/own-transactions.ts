import type { Script, SourcePosition, Statement } from "@pg-mig/psql-script";
import { outsideTransactionName } from "./outside-transaction.js";
import { phrasesOf, type SqlPhrase } from "./sql-phrase.js";
import { problemAt, type StatementProblem } from "./statement-problem.js";
import { controlName, transactionControlOf } from "./transaction-control.js";

/** What is known of a file that begins and commits transactions itself. */
export interface OwnTransactions {
  /** Where it first does so. */
  readonly position: SourcePosition;
  /** Whether its first statement begins a transaction: then the tool does not. */
  readonly beginsItself: boolean;
  /**
   * The place of the COMMIT with which it ends, if it does: the tool sends that COMMIT, after the change of
   * the ledger.
   */
  readonly lastCommitAt: number | undefined;
  /** The statements after which all that came before is committed, that last COMMIT aside. In order. */
  readonly committedAt: readonly SourcePosition[];
}

export interface JudgedOwnTransactions {
  readonly own: OwnTransactions;
  /** The statements that run outside of any transaction, in order. */
  readonly outside: readonly Statement[];
  readonly problems: readonly StatementProblem[];
}

/**
 * Goes through a file that controls its transactions as it likes, and follows whether one is open. What it
 * does in the branches of an `\if` counts as done.
 */
export function walkOwnTransactions(
  phrases: readonly SqlPhrase[],
  { commands }: Pick<Script, "commands">,
): JudgedOwnTransactions {
  const beginsItself = isControl(phrases[0], "begin");
  const last = phrases.at(-1);
  const endsItself =
    last !== undefined &&
    isControl(last, "commit") &&
    phrasesOf(last.statement).length === 1 &&
    commands.every(({ offset }) => offset < last.statement.offset);
  const outside = new Set<Statement>();
  const committedAt: SourcePosition[] = [];
  const problems: StatementProblem[] = [];
  let open = !beginsItself;
  for (const phrase of phrases) {
    const control = transactionControlOf(phrase);
    const { statement } = phrase;
    if (control === "prepare") {
      problems.push(
        problemAt(
          phrase,
          `${controlName(phrase)} in a migration`,
          "Remove it: a prepared transaction is not committed together with the ledger, and holds its locks until somebody ends it.",
        ),
      );
    } else if (control === "rollback") {
      problems.push(
        problemAt(
          phrase,
          `${controlName(phrase)} in a migration`,
          "Remove it: what it rolls back would count as applied.",
        ),
      );
    } else if (control === "begin") {
      open = true;
    } else if (control !== undefined) {
      open = control === "chain";
      if (!(endsItself && phrase === last)) {
        committedAt.push(statement.position);
      }
    } else {
      problems.push(...outsideProblems(phrase, open));
      if (!open) {
        outside.add(statement);
        committedAt.push(statement.position);
      }
    }
  }
  const first = phrases.find((phrase) => transactionControlOf(phrase) !== undefined);
  return {
    own: {
      position: first?.statement.position ??
        commands[0]?.position ?? { line: 1, column: 1, file: "" },
      beginsItself,
      lastCommitAt: endsItself ? last.statement.offset : undefined,
      committedAt,
    },
    outside: [...outside],
    problems,
  };
}

function isControl(
  phrase: SqlPhrase | undefined,
  control: ReturnType<typeof transactionControlOf>,
): boolean {
  return phrase !== undefined && transactionControlOf(phrase) === control;
}

function outsideProblems(phrase: SqlPhrase, open: boolean): readonly StatementProblem[] {
  const name = outsideTransactionName(phrase);
  if (name === undefined) {
    return [];
  }
  if (open) {
    return [
      problemAt(
        phrase,
        `${name} cannot run in a transaction`,
        "Put it alone into a version of its own, or put COMMIT; before it and BEGIN; after it.",
      ),
    ];
  }
  const hint = "Write ; for \\;: what is sent as one message is one transaction.";
  return phrasesOf(phrase.statement).length > 1
    ? [problemAt(phrase, `${name} cannot share a message with other commands`, hint)]
    : [];
}
