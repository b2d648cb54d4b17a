import type { Statement, Token } from "@pg-mig/psql-script";

/** One SQL command without its blanks, comments and final semicolon. */
export interface SqlPhrase {
  /** The statement of the script that it is in: `\;` puts several into one. */
  readonly statement: Statement;
  /** At least one. */
  readonly tokens: readonly Token[];
  /** The upper-cased word at the place of each token that is an unquoted word, `""` at the others. */
  readonly words: readonly string[];
}

const BLANK = new Set(["space", "line-comment", "block-comment"]);

/** Cuts a statement into its commands. One that holds only comments and semicolons has none. */
export function phrasesOf(statement: Statement): readonly SqlPhrase[] {
  const parts: Token[][] = [[]];
  for (const token of statement.tokens) {
    // What was `\;` in the file is a semicolon in the text of the statement.
    if (token.kind === "terminator") parts.push([]);
    else if (!BLANK.has(token.kind)) parts.at(-1)?.push(token);
  }
  return parts
    .filter((tokens) => tokens.length > 0)
    .map((tokens) => ({
      statement,
      tokens,
      words: tokens.map(({ kind, text }) => (kind === "word" ? text.toUpperCase() : "")),
    }));
}

/** Whether the words of a phrase at a place are these. */
export function hasWords(phrase: SqlPhrase, at: number, ...words: readonly string[]): boolean {
  return words.every((word, index) => phrase.words[at + index] === word);
}
