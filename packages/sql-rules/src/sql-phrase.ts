import { leadingWords, type Statement, type Token, tokenize } from "@pg-mig/psql-script";

/** One SQL command without its blanks, comments and final semicolon. */
export interface SqlPhrase {
  /** The statement of the script that it is in: `\;` puts several into one. */
  readonly statement: Statement;
  /** At least one; no more than the first of a command that no rule is about. */
  readonly tokens: readonly Token[];
  /** The upper-cased word at the place of each token that is an unquoted word, `""` at the others. */
  readonly words: readonly string[];
}

/** What the commands begin with that some rule is about. */
const judged = new Set(
  "ABORT ALTER BEGIN CLUSTER COMMIT CREATE DISCARD DROP END PREPARE REINDEX ROLLBACK START VACUUM".split(
    " ",
  ),
);

const blank = new Set(["space", "line-comment", "block-comment"]);

/**
 * Cuts a statement into its commands. One that holds only comments and semicolons has none.
 *
 * It reads no more of a statement than it must and keeps no tokens of those that are not judged: a
 * file of data can hold millions.
 */
export function phrasesOf(statement: Statement): readonly SqlPhrase[] {
  const [word] = leadingWords(statement, 1);
  if (word !== undefined && !judged.has(word) && isOneCommand(statement)) {
    const { tokens, words } = ofWord(word);
    return [{ statement, tokens, words }];
  }
  const parts: Token[][] = [[]];
  for (const token of tokenize(statement.text)) {
    // What was `\;` in the file is a semicolon in the text of the statement.
    if (token.kind === "terminator") {
      parts.push([]);
    } else if (!blank.has(token.kind)) {
      parts.at(-1)?.push(token);
    }
  }
  return parts.filter((tokens) => tokens.length > 0).map((tokens) => phrase(statement, tokens));
}

/**
 * The commands of a script, in order, without most of those that no rule is about: of several of these in a row
 * there is only the last. What a file of data does to transactions is told by few of its commands.
 */
export function phrasesToJudge(statements: Iterable<Statement>): readonly SqlPhrase[] {
  const phrases: SqlPhrase[] = [];
  let isLastJudged = true;
  for (const statement of statements) {
    for (const phrase of phrasesOf(statement)) {
      const isJudged = judged.has(phrase.words[0] ?? "");
      if (!isLastJudged && !isJudged) {
        phrases.pop();
      }
      phrases.push(phrase);
      isLastJudged = isJudged;
    }
  }
  return phrases;
}

/** What is kept of commands that no rule is about, by their first words. */
const unjudged = new Map<string, Pick<SqlPhrase, "tokens" | "words">>();

function ofWord(word: string): Pick<SqlPhrase, "tokens" | "words"> {
  let known = unjudged.get(word);
  if (known === undefined) {
    known = { tokens: [{ kind: "word", text: word, offset: 0 }], words: [word] };
    unjudged.set(word, known);
  }
  return known;
}

/** Whether the words of a phrase at a place are these. */
export function hasWords(phrase: SqlPhrase, at: number, ...words: readonly string[]): boolean {
  return words.every((word, index) => phrase.words[at + index] === word);
}

function isOneCommand({ text }: Statement): boolean {
  const semicolon = text.indexOf(";");
  return semicolon < 0 || semicolon === text.length - 1;
}

function phrase(statement: Statement, all: readonly Token[]): SqlPhrase {
  const words = all.map(({ kind, text }) => (kind === "word" ? text.toUpperCase() : ""));
  const kept = judged.has(words[0] ?? "") ? all.length : 1;
  return { statement, tokens: all.slice(0, kept), words: words.slice(0, kept) };
}
