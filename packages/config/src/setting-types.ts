import { type GivenValue, invalid } from "./setting-reader.js";
import type { SslModeSetting } from "./settings.js";

const sslModes: readonly SslModeSetting[] = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
];

/** The words that mean no in `PGCREATEDB`; every other word means yes. */
const noes = ["", "0", "false", "no", "null", "undefined"];

export function toText(given: GivenValue): string {
  if (typeof given.value === "string") {
    return given.value;
  }
  // A user or a database may well be all digits, and lose its quotes in a config file.
  if (typeof given.value === "number") {
    return String(given.value);
  }
  throw invalid(given, "a text");
}

export function toPassword(given: GivenValue): string {
  if (typeof given.value === "string") {
    return given.value;
  }
  throw invalid(given, "a text", "secret");
}

export function toTexts(given: GivenValue): string[] {
  const texts: unknown[] = [given.value].flat();
  if (texts.length > 0 && texts.every((text) => typeof text === "string")) {
    return texts;
  }
  throw invalid(given, "a list of hosts: a text, or an array of texts", "secret");
}

export function toPort(given: GivenValue): number {
  return toWholeNumber(given, "a port, a whole number from 1 to 65535", 65_535);
}

export function toCount(given: GivenValue): number {
  return toWholeNumber(given, "a whole number from 1", Number.MAX_SAFE_INTEGER);
}

/** The longest time that timers and PostgreSQL's settings take: 24 days. */
const longestMs = 2 ** 31 - 1;

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Reads `500ms`, `1.5s`, `10m`, `1h`, or a bare number of milliseconds. */
export function toDuration(
  given: GivenValue,
  { leastMs = 0 }: { readonly leastMs?: number } = {},
): number {
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)?$/.exec(String(given.value));
  const { count, unit = "ms" } = match?.groups ?? {};
  const ms = Math.round(Number(count) * unitsMs[unit as keyof typeof unitsMs]);
  if (ms >= leastMs && ms <= longestMs) {
    return ms;
  }
  throw invalid(given, `a time from ${leastMs}ms to 24 days, such as 500ms, 2s, 10m or 1h`);
}

/** How long to wait: a time, or yes (without an end) or no. */
export function toWait(given: GivenValue): number | "unlimited" {
  if (given.value === true) {
    return "unlimited";
  }
  return given.value === false ? 0 : toDuration(given);
}

export function toYesOrNo({ value }: GivenValue): boolean {
  return !noes.includes(String(value).trim().toLowerCase());
}

export function toSslMode(given: GivenValue): SslModeSetting {
  const mode = sslModes.find((known) => known === given.value);
  if (mode === undefined) {
    throw invalid(given, `one of ${sslModes.join(", ")}`);
  }
  return mode;
}

function toWholeNumber(given: GivenValue, expected: string, greatest: number): number {
  const text = typeof given.value === "number" ? String(given.value) : given.value;
  const number = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > greatest) {
    throw invalid(given, expected);
  }
  return number;
}
