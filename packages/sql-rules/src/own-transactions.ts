import {
  type Command,
  isReconnect,
  type Script,
  type SourcePosition,
  type Statement,
} from "@pg-mig/psql-script";
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
  /** Where a `\c` begins a new session. In order. */
  readonly reconnectsAt: readonly SourcePosition[];
}

export interface JudgedOwnTransactions {
  /** `undefined`: it has no such statement, and something in it cannot run in a transaction. */
  readonly own: OwnTransactions | undefined;
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
  const reconnects = commands.filter(isReconnect);
  const controls = phrases.filter((phrase) => transactionControlOf(phrase) !== undefined);
  const [first] = [...controls.map(({ statement }) => statement), ...reconnects].sort(byPlace);
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
  const ahead = [...reconnects];
  for (const phrase of phrases) {
    // What is open when the session ends is rolled back.
    while (ahead[0] !== undefined && byPlace(ahead[0], phrase.statement) < 0) {
      ahead.shift();
      open = false;
    }
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
  return {
    own: first && {
      position: first.position,
      beginsItself,
      lastCommitAt: endsItself ? last.statement.offset : undefined,
      committedAt,
      reconnectsAt: reconnects.map(({ position }) => position),
    },
    outside: [...outside],
    problems,
  };
}

function byPlace(one: Pick<Command, "offset">, other: Pick<Command, "offset">): number {
  return one.offset - other.offset;
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
