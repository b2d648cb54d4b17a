import { nearestWord, PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { libpqVariables } from "./libpq-variables.js";
import { configKey, flagName, optionName } from "./setting-definition.js";
import { settingDefinitions } from "./setting-table.js";

/** The keys of a config file that mean something to the tool. */
const knownKeys: readonly string[] = [
  ...settingDefinitions
    .map(([, definition]) => configKey(definition))
    .filter((key) => key !== undefined),
  ...libpqVariables,
  "after",
  "observers",
];

/**
 * What else a setting is called, and what to write instead: the names of settings and of their options
 * are easily taken for keys.
 */
const otherNames: ReadonlyMap<string, string> = new Map(
  settingDefinitions.flatMap(([name, definition]) => {
    const meant = configKey(definition) ?? `the option ${optionName(definition)}`;
    const { option = "" } = definition;
    const negated = option.startsWith("--no-") ? [`no-${name}`] : [];
    return [name, flagName(definition) ?? name, ...negated].map((other) => [other, meant] as const);
  }),
);

/**
 * The setting that a key is meant for; `undefined`: it is one, or is like none. Keys in upper case are
 * variables, and are compared with variables alone.
 */
function meantBy(key: string): string | undefined {
  if (knownKeys.includes(key)) {
    return undefined;
  }
  const near = nearestWord(key, knownKeys);
  if (near !== undefined || key === key.toUpperCase()) {
    return near;
  }
  const other = nearestWord(key, [...otherNames.keys()]);
  return other === undefined ? undefined : otherNames.get(other);
}

/**
 * Refuses a key that is nearly the name of a setting. Every other key is there for migration files to
 * read.
 *
 * @throws PgMigError `SETTING_UNKNOWN`, with a problem for each key and the right name in its hint
 */
export function refuseMisspeltKeys(layers: readonly ConfigLayer[]): void {
  const problems = layers.flatMap(({ path, config }) =>
    Object.keys(config).flatMap((key) => {
      const meant = meantBy(key);
      if (meant === undefined) {
        return [];
      }
      return {
        message: `${key} in ${path} is no setting.`,
        hint: `Write ${meant}; or give the key a name that is not so close to it.`,
        where: { file: path },
      };
    }),
  );
  const [first] = problems;
  if (first === undefined) {
    return;
  }
  throw new PgMigError(
    problems.length === 1 ? first.message : "Keys of the config files are misspelt.",
    {
      code: "SETTING_UNKNOWN",
      hint: problems.length === 1 ? first.hint : "Correct them.",
      where: first.where,
      problems: problems.length === 1 ? [] : problems,
    },
  );
}
