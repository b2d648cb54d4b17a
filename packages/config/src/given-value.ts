import { PgMigError } from "@pg-mig/model";
import { renderSource, type SettingSource } from "./setting-source.js";

/** A value that somebody gave, not checked yet. */
export interface GivenValue {
  readonly value: unknown;
  readonly source: SettingSource;
}

/**
 * The error for a value that does not fit, naming where it was given, and what was probably meant. A value
 * that is shown must be no secret.
 */
export function invalid(
  { value, source }: GivenValue,
  expected: string,
  shown: "shown" | "secret" = "shown",
  meant?: string,
): PgMigError {
  const got = shown === "secret" ? "something else" : describe(value);
  return new PgMigError(`Expected ${renderSource(source)} to be ${expected}, got ${got}.`, {
    code: "SETTING_INVALID",
    hint: meant === undefined ? `Correct ${renderSource(source)}.` : `Did you mean "${meant}"?`,
    ...(source.kind === "file" ? { where: { file: source.path } } : {}),
  });
}

function describe(value: unknown): string {
  if (value === "") {
    return "nothing";
  }
  return typeof value === "string" ? `"${value}"` : `${String(value)} (${typeof value})`;
}
