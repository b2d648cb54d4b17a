import { findLibpqOption } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import type { GivenValue } from "./given-value.js";
import { configKey, flagName, optionName, type SettingDefinition } from "./setting-definition.js";

/** The places where a value can be given. */
export interface SettingPlaces {
  /** By the names of {@link flagName}. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The config files, the outermost first. */
  readonly layers: readonly ConfigLayer[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Finds the strongest value that was given: command line, nearest config file, environment. */
export function findGiven(
  definition: SettingDefinition,
  places: SettingPlaces,
): GivenValue | undefined {
  const { flags } = places;
  const flag = flagName(definition);
  const option = optionName(definition);
  const value = flag === undefined ? undefined : given(flags[flag], definition);
  if (option !== undefined && value !== undefined) {
    return { value, source: { kind: "flag", name: option } };
  }
  return findWritten({ key: configKey(definition), variable: definition.variable }, places);
}

/** What an option says. An empty value counts as none, as from a variable of a shell that is not set. */
function given(value: unknown, { type }: SettingDefinition): unknown {
  if (type.mayBeEmpty === true) {
    return value;
  }
  if (!Array.isArray(value)) {
    return value === "" ? undefined : value;
  }
  const full = value.filter((one) => one !== "");
  return full.length === 0 && value.length > 0 ? undefined : full;
}

/** Finds what config files, the nearest first, or else the environment say. */
export function findWritten(
  {
    variable,
    key = variable,
  }: { readonly variable?: string | undefined; readonly key?: string | undefined },
  { layers, env }: Pick<SettingPlaces, "layers" | "env">,
): GivenValue | undefined {
  if (key === undefined) {
    return undefined;
  }
  const layer = layers.findLast(({ config }) => !isUnset(config[key]));
  if (layer !== undefined) {
    // In a service the user has written libpq's keyword.
    const name = layer.isService === true ? (findLibpqOption(key)?.keyword ?? key) : key;
    const source = { kind: "file", path: layer.path, name } as const;
    return { value: layer.config[key], source };
  }
  if (variable === undefined || isUnset(env[variable])) {
    return undefined;
  }
  return { value: env[variable], source: { kind: "env", name: variable } };
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
