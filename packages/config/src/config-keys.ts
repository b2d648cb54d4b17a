import { nearestWord, PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { libpqVariables } from "./libpq-variables.js";
import { configKey, settingDefinitions } from "./setting-table.js";

/** The keys of a config file that mean something to the tool. */
const knownKeys: readonly string[] = [
  ...settingDefinitions.flatMap(([, definition]) => configKey(definition) ?? []),
  ...libpqVariables,
  "after",
];

/**
 * Refuses a key that is nearly the name of a setting. Every other key is there for migration files to
 * read.
 *
 * @throws PgMigError `SETTING_UNKNOWN`, with a problem for each key and the right name in its hint
 */
export function refuseMisspeltKeys(layers: readonly ConfigLayer[]): void {
  const problems = layers.flatMap(({ path, config }) =>
    Object.keys(config).flatMap((key) => {
      const meant = knownKeys.includes(key) ? undefined : nearestWord(key, knownKeys);
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
