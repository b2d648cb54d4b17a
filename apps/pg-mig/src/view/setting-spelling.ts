import { configKey, optionName, type SettingName, settingDefinitions } from "@pg-mig/config";

/** The actions that messages name, as the command line has them. */
export const actionSpellings: Readonly<Record<string, string>> = {
  make: "pg-mig make",
  list: "pg-mig list",
};

/** Each setting as its user types it: `--user (PGUSER)`, `--parallelism`, `PGSSLMODE`. */
export const settingSpellings: Readonly<Record<string, string>> = Object.fromEntries(
  settingDefinitions.map(([name, definition]): [SettingName, string] => {
    const { variable } = definition;
    const option = optionName(definition);
    const both = variable === undefined ? option : `${option} (${variable})`;
    return [name, (option === undefined ? configKey(definition) : both) ?? name];
  }),
);

/**
 * A message of a package as the command's user reads it. Packages know no command line: they write
 * "the setting `parallelism`" and "the action `make`", which become "--parallelism" and "pg-mig make".
 * What is no setting and no action stays as it is.
 */
export function spelledOut(text: string): string;
export function spelledOut(text: string | undefined): string | undefined;
export function spelledOut(text: string | undefined): string | undefined {
  return text?.replace(/\bthe (setting|action) `(\w+)`/g, (named, kind: string, name: string) => {
    const spellings = kind === "setting" ? settingSpellings : actionSpellings;
    return Object.hasOwn(spellings, name) ? (spellings[name] ?? named) : named;
  });
}
