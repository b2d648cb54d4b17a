import { PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-types.js";
import { renderSource, type SettingSource } from "./setting-source.js";

/** A value that somebody gave, not checked yet. */
export interface GivenValue {
  readonly value: unknown;
  readonly source: SettingSource;
}

/** The names under which a setting can be given. */
export interface SettingNames {
  /** The option, with its dashes, and its value. */
  readonly flag?: readonly [name: string, value: unknown];
  /** The environment variable, which is the key in a config file, too. */
  readonly variable?: string;
  /** The key in a config file, of a setting that has no variable. */
  readonly key?: string;
}

/** Finds the strongest value that was given: command line, nearest config file, environment. */
export function findGiven(
  { flag, variable, key = variable }: SettingNames,
  layers: readonly ConfigLayer[],
  env: Readonly<Record<string, string | undefined>>,
): GivenValue | undefined {
  if (flag?.[1] !== undefined) {
    const given: GivenValue = { value: flag[1], source: { kind: "flag", name: flag[0] } };
    // In the environment an empty value is how one says "nothing"; an option is there to say more.
    if (given.value === "" && flag[0] !== "--pass") {
      throw invalid(given, "a value");
    }
    return given;
  }
  if (key === undefined) {
    return undefined;
  }
  const layer = layers.findLast(({ config }) => !isUnset(config[key]));
  if (layer !== undefined) {
    const source = { kind: "file", path: layer.path, name: key } as const;
    return { value: layer.config[key], source };
  }
  if (variable === undefined) {
    return undefined;
  }
  const value = env[variable];
  return isUnset(value) ? undefined : { value, source: { kind: "env", name: variable } };
}

/** The error for a value that does not fit, naming where it was given. The value must be no secret. */
export function invalid(
  { value, source }: GivenValue,
  expected: string,
  shown: "shown" | "secret" = "shown",
): PgMigError {
  const got = shown === "secret" ? "something else" : describe(value);
  return new PgMigError(`Expected ${renderSource(source)} to be ${expected}, got ${got}.`, {
    code: "SETTING_INVALID",
    hint: `Correct ${renderSource(source)}.`,
    ...(source.kind === "file" ? { where: { file: source.path } } : {}),
  });
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function describe(value: unknown): string {
  if (value === "") {
    return "nothing";
  }
  return typeof value === "string" ? `"${value}"` : `${String(value)} (${typeof value})`;
}
