import { findLibpqOption } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { type GivenValue, invalid } from "./given-value.js";
import { configKey, flagName, optionName, type SettingDefinition } from "./setting-table.js";

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
  if (flag !== undefined && option !== undefined && flags[flag] !== undefined) {
    const given: GivenValue = { value: flags[flag], source: { kind: "flag", name: option } };
    // In the environment an empty value is how one says "nothing"; an option is there to say more.
    const isEmpty = [given.value].flat().includes("");
    if (isEmpty && definition.type.mayBeEmpty !== true) {
      throw invalid(given, "a value");
    }
    return given;
  }
  return findWritten({ key: configKey(definition), variable: definition.variable }, places);
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
