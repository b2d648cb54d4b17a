import { nearestWord, PgMigError } from "@pg-mig/model";

/** The error for an option that a function of the library was given, and cannot take. */
export function invalidOption(call: string, message: string, hint?: string): PgMigError {
  return new PgMigError(message, {
    code: "MIGRATE_OPTION_INVALID",
    hint: hint || `Correct the call of ${call}: nothing was changed.`,
  });
}

/** Refuses the first of the names that is not known, with the nearest one. */
export function refuseUnknown(
  call: string,
  kind: string,
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) {
    return;
  }
  const nearest = nearestWord(unknown, known);
  const meant = nearest === undefined ? [] : [`Did you mean ${nearest}?`];
  const takes = known.length === 0 ? [] : [`There is ${known.join(", ")}.`];
  throw invalidOption(call, `${call} has no ${kind} "${unknown}".`, [...meant, ...takes].join(" "));
}
