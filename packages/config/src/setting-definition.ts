import type { SettingType } from "./setting-types.js";

/** The headings under which the help lists options. */
export type OptionGroup =
  | "The cluster"
  | "The run"
  | "The scratch database"
  | "The live shard"
  | "Output";

/** What the operating system says about the account: some defaults come from it. */
export interface OsDefaults {
  /** Name of the account: the default user. */
  readonly user: string;
  /** The account's home directory, the place of `.pgpass`. */
  readonly home: string;
  /** The account's number; `undefined`: the system has none (Windows), and no file has an owner. */
  readonly uid: number | undefined;
}

/** One setting: how it is spelled in each of its places, what it may be, what it is by default. */
export interface SettingDefinition<Value = unknown, Default = unknown> {
  /** The option of the command, as its help spells it: `--port <number>`. */
  readonly option?: string;
  /** Whether the option may be given several times; all values count. */
  readonly repeatable?: true;
  readonly group?: OptionGroup;
  /** The environment variable, which is the key in a config file, too. */
  readonly variable?: string;
  /** The key in a config file, if the setting has no variable. */
  readonly key?: string;
  readonly type: SettingType<Value>;
  /** The value if nobody gave one, or how it follows from the account. */
  readonly default: Default;
  /** The default as the help shows it; by default nothing for a setting that is off or not set. */
  readonly shownDefault?: string;
  /** What the help says, in a few words. */
  readonly help: string;
}

/** The name of an option as it is typed, `--lock-timeout`; `undefined` for a setting without one. */
export function optionName({ option }: SettingDefinition): string | undefined {
  return option?.split(" ")[0];
}

/** The name under which the value of an option is handed on: `lockTimeout`; `shell` for `--no-shell`. */
export function flagName(definition: SettingDefinition): string | undefined {
  return optionName(definition)
    ?.replace(/^--(no-)?/, "")
    .replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The name of a setting in a config file; `undefined` for one that only the command line has. */
export function configKey({ variable, key = variable }: SettingDefinition): string | undefined {
  return key;
}

/** Keeps the types of a definition, which a plain annotation would widen. */
export function define<Value, const Default, const Definition extends object>(
  definition: SettingDefinition<Value, Default> & Definition,
): Definition & { readonly type: SettingType<Value>; readonly default: Default } {
  return definition;
}
