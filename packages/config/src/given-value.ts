import { PgMigError } from "@pg-mig/model";
import { renderSource, type SettingSource } from "./setting-source.js";

/** A value that somebody gave, not checked yet. */
export interface GivenValue {
  readonly value: unknown;
  readonly source: SettingSource;
}

/**
 * The error for a value that does not fit, naming where it was given, and what was probably meant. A value
 * that is shown must be no secret: of another, only its kind is told, and of an object only the keys.
 */
export function invalid(
  { value, source }: GivenValue,
  expected: string,
  shown: "shown" | "secret" = "shown",
  meant?: string,
): PgMigError {
  const got = shown === "secret" ? kindOf(value) : describe(value);
  return new PgMigError(`Expected ${renderSource(source)} to be ${expected}, got ${got}.`, {
    code: "SETTING_INVALID",
    hint: meant === undefined ? `Correct ${renderSource(source)}.` : `Did you mean "${meant}"?`,
    ...(source.kind === "file" ? { where: { file: source.path } } : {}),
  });
}

function describe(value: unknown): string {
  if (typeof value === "string" && value !== "") {
    return `"${value}"`;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return `${value} (${typeof value})`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(describe).join(", ")}]`;
  }
  const kind = kindOf(value);
  return kind === "an object"
    ? `an object with ${Object.keys(value as object).join(", ") || "nothing"}`
    : kind;
}

function kindOf(value: unknown): string {
  if (value === "" || value === undefined || value === null) {
    return "nothing";
  }
  if (typeof value === "object") {
    return Array.isArray(value) ? "an array" : "an object";
  }
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}
