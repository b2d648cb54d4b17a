import { leadingWords, type Script } from "@pg-mig/psql-script";

/** SET [SESSION | LOCAL] TRANSACTION, or one of the settings that it sets. */
const chooses = /^SET (?:SESSION |LOCAL )?TRANSACTION(?:_ISOLATION|_DEFERRABLE|_READ_ONLY)?(?: |$)/;

const known = new WeakMap<Script, boolean>();

/**
 * Whether a script, or a file that it includes, chooses what its transaction is like, which the server
 * allows before the first query only. What functions or variables hold is not seen.
 */
export function choosesTransaction(script: Script): boolean {
  let choice = known.get(script);
  if (choice === undefined) {
    choice = [script, ...script.includes.values()]
      .filter(({ text }) => /\bSET\b.*\bTRANSACTION/is.test(text))
      .some(({ statements }) =>
        statements.some((statement) => chooses.test(leadingWords(statement, 3).join(" "))),
      );
    known.set(script, choice);
  }
  return choice;
}
