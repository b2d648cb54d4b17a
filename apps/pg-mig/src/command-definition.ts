import { type Action, type Flags, type SettingName, settingDefinitions } from "@pg-mig/config";
import type { RunnableAction } from "./action-context.js";

/** What may stand in a place of the command line, for the completion of shells. */
export type PossibleValues =
  | readonly string[]
  | "versions"
  | "conditions"
  | "directories"
  | "files";

/** An option that one command has and that is no setting. */
export interface CommandOption {
  /** As the help spells it: `--against <shape>`. */
  readonly flags: string;
  readonly help: string;
  /** Whether it may be given several times; all values count. */
  readonly repeatable?: true;
  readonly values?: PossibleValues;
  /** The value that it has if it is given without one. */
  readonly alone?: string;
}

/** What the user gave to a command besides settings. Values are as they were typed. */
export interface CommandInput {
  /** One at most, unless the command takes several. */
  readonly arguments: readonly string[];
  /** By the names of the options without dashes. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A command: all that its help, its completion, the manual page and its start are made from. */
export interface CommandDefinition {
  readonly name: string;
  /** Its argument, as the help spells it: `[version]`; `[version...]` if it takes several. */
  readonly argument?: {
    readonly name: string;
    readonly help: string;
    readonly values?: PossibleValues;
  };
  /** What it does, in one line. */
  readonly help: string;
  /** What is to be known besides, in sentences. */
  readonly details?: string;
  readonly options?: readonly CommandOption[];
  /** The settings that take effect; all others are refused on its command line. */
  readonly settings: readonly SettingName[];
  /** Settings that have no effect in a certain form of the command: what that form is called, and the settings. @default none */
  readonly idle?: (input: CommandInput) => readonly {
    readonly form: string;
    readonly settings: readonly SettingName[];
  }[];
  /** What these are unless its command line says otherwise: stronger than the environment. */
  readonly flags?: Flags;
  /** A call that somebody might make, and what it is for. */
  readonly examples: readonly (readonly [call: string, purpose: string])[];
  /** Whether it writes the report that is asked for; the others read one, for `--only=failed`. @default false */
  readonly writesReport?: boolean;
  /** Whether it connects to servers. */
  readonly connects: boolean;
  /** What the functions in config files are called with. */
  readonly configAction: Action;
  /** Loads what the command needs, and nothing else. @throws PgMigError `COMMAND_LINE_INVALID` */
  load(input: CommandInput): Promise<RunnableAction>;
}

/** The command line, taken apart. Values are as they were typed: commands and `config` judge them. */
export interface CommandLine {
  readonly command: CommandDefinition;
  readonly input: CommandInput;
  readonly flags: Flags;
}

/** The settings of a group of the help. */
function settingsOf(group: string): readonly SettingName[] {
  return settingDefinitions.filter(([, one]) => one.group === group).map(([name]) => name);
}

const output: readonly SettingName[] = ["json", "color", "debug"];

/** Settings of commands that look at the directory alone. */
export const directorySettings: readonly SettingName[] = ["migdir", "skipConfig", ...output];

/** Settings of commands that look at the cluster and start no run: only an apply makes databases. */
export const clusterSettings: readonly SettingName[] = [
  ...settingsOf("The cluster").filter((name) => name !== "createDatabase"),
  "migdir",
  "skipConfig",
  "report",
  "quiet",
  ...output,
];

/** Settings of the command that applies. */
export const applySettings: readonly SettingName[] = [
  ...settingsOf("The cluster"),
  ...settingsOf("The run"),
  ...settingsOf("Output"),
];

/** Settings of the command that shows beforehand what an apply would do. */
export const planSettings = applySettings.filter((name) => name !== "wave");

/** Settings of the command that undoes. */
export const undoSettings = planSettings.filter((name) => name !== "createDatabase");
