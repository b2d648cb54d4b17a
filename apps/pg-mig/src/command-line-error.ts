import { nearestWord, PgMigError } from "@pg-mig/model";

/** The error for a command line that cannot be meant. Neither text may hold a value that may be secret. */
export function commandLineError(message: string, hint: string): PgMigError {
  return new PgMigError(message, { code: "COMMAND_LINE_INVALID", hint });
}

/** `Did you mean --force?`, or what there is instead. */
export function suggestion(typed: string, known: readonly string[], otherwise: string): string {
  const near = nearestWord(typed, known);
  return near === undefined ? otherwise : `Did you mean ${near}?`;
}

/**
 * Requires one of some words.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`, with the nearest word in its hint
 */
export function expectedWord<const Word extends string>(
  option: string,
  typed: string,
  words: readonly Word[],
  expected: string,
): Word {
  const word = words.find((known) => known === typed);
  if (word === undefined) {
    throw commandLineError(
      `${option} takes ${expected}, not "${typed}".`,
      suggestion(typed, words, "Correct it: nothing was changed."),
    );
  }
  return word;
}
