import { type Command, isReconnect, type Script, type SourcePosition } from "@pg-mig/psql-script";
import { outsideTransactionName } from "./outside-transaction.js";
import { phrasesOf, type SqlPhrase } from "./sql-phrase.js";
import { problemAt, type StatementProblem } from "./statement-problem.js";
import {
  controlName,
  type TransactionControl,
  transactionControlOf,
} from "./transaction-control.js";

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
  /** Where a `\c` begins a new session. In order. */
  readonly reconnectsAt: readonly SourcePosition[];
}

export interface JudgedOwnTransactions {
  /** `undefined`: it has no such statement, and something in it cannot run in a transaction. */
  readonly own: OwnTransactions | undefined;
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
    isControl(last, "commit") &&
    phrasesOf(last.statement).length === 1 &&
    commands.every(({ offset }) => offset < last.statement.offset);
  const problems: StatementProblem[] = [];
  for (const { phrase, control, isOpen } of follow(phrases, { commands, beginsItself })) {
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
    } else {
      problems.push(...outsideProblems(phrase, isOpen));
    }
  }
  return {
    own: first && {
      position: first.position,
      beginsItself,
      lastCommitAt: endsItself ? last.statement.offset : undefined,
      reconnectsAt: reconnects.map(({ position }) => position),
    },
    problems,
  };
}

/**
 * Where the statements of such a file are after which all that came before is committed, the COMMIT that the
 * tool sends aside. In order. They are found anew each time: a file of data can have millions.
 */
export function* committedPlaces(
  { statements, commands }: Pick<Script, "statements" | "commands">,
  { beginsItself, lastCommitAt }: Pick<OwnTransactions, "beginsItself" | "lastCommitAt">,
): Generator<SourcePosition> {
  // What the tool has begun holds nothing of the file yet.
  let isEmpty = !beginsItself;
  for (const { phrase, control, isOpen } of follow(phrasesIn(statements), {
    commands,
    beginsItself,
  })) {
    const { offset, position } = phrase.statement;
    const commits = control === undefined ? !isOpen : control === "commit" || control === "chain";
    if (commits && offset !== lastCommitAt && !isEmpty) {
      yield position;
    }
    isEmpty = false;
  }
}

/** Whether a transaction is open after a script, if one was open before it, or none was. */
export function isOpenAfter(
  { statements, commands }: Pick<Script, "statements" | "commands">,
  wasOpen: boolean,
): boolean {
  let isOpen = wasOpen;
  let end = 0;
  for (const { phrase, control, isOpen: isInside } of follow(phrasesIn(statements), {
    commands,
    beginsItself: !wasOpen,
  })) {
    isOpen = control === undefined ? isInside : control === "begin" || control === "chain";
    end = phrase.statement.offset;
  }
  return isOpen && !commands.some((command) => isReconnect(command) && command.offset >= end);
}

function* phrasesIn(statements: Script["statements"]): Generator<SqlPhrase> {
  for (const statement of statements) {
    yield* phrasesOf(statement);
  }
}

interface FollowedPhrase {
  readonly phrase: SqlPhrase;
  readonly control: TransactionControl | undefined;
  /** Whether it runs in a transaction. */
  readonly isOpen: boolean;
}

function* follow(
  phrases: Iterable<SqlPhrase>,
  { commands, beginsItself }: Pick<Script, "commands"> & Pick<OwnTransactions, "beginsItself">,
): Generator<FollowedPhrase> {
  const ahead = commands.filter(isReconnect);
  let isOpen = !beginsItself;
  for (const phrase of phrases) {
    // What is open when the session ends is rolled back.
    while (ahead[0] !== undefined && byPlace(ahead[0], phrase.statement) < 0) {
      ahead.shift();
      isOpen = false;
    }
    const control = transactionControlOf(phrase);
    yield { phrase, control, isOpen };
    // What chains another one to it leaves one open.
    if (control === "begin" || control === "commit" || control === "rollback") {
      isOpen = control === "begin";
    }
  }
}

function byPlace(one: Pick<Command, "offset">, other: Pick<Command, "offset">): number {
  return one.offset - other.offset;
}

function isControl(
  phrase: SqlPhrase | undefined,
  control: TransactionControl,
): phrase is SqlPhrase {
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
