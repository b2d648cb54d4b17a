import {
  type SettingDefinition,
  type SettingName,
  settingDefinitions,
  settingTable,
} from "@pg-mig/config";
import type { CommandOption, PossibleValues } from "./command-definition.js";
import { commands } from "./command-table.js";
import type { CompletionTable } from "./completion/completions.js";
import { shells } from "./completion/shell-protocol.js";
import { dryOption } from "./dry-option.js";

/** The actions of 2.x that are spelled as options, and the commands that they are. */
export const actionOptions: readonly CommandOption[] = [
  { flags: "--undo [version]", help: "undo", values: "versions" },
  { flags: "--make <title@prefix>", help: "make" },
  { flags: "--chain [nothing]", help: "chain" },
  {
    flags: "--list [what]",
    help: "list; with digest: digest; with db: the versions of each shard",
    values: ["digest", "db"],
  },
  { ...dryOption, help: "plan; with sql: plan --sql; with --undo: what that would do" },
];

/** The options that stand before a command, or without one, and are no settings. */
const programOptions: readonly CommandOption[] = [
  ...actionOptions,
  { flags: "-V, --version", help: "print the version of pg-mig" },
  { flags: "-h, --help", help: "print this help; after a command, its own" },
];

/** The command that explains. */
export const helpCommand = {
  name: "help",
  help: "print the help of a command, or what an error code means",
  argument: {
    name: "[command or code]",
    help: "without it, the help of pg-mig itself",
    values: [...commands.map(({ name }) => name), "completion"],
  },
};

/** The command for shells. */
export const completionCommand = {
  name: "completion",
  help: "print a script that completes what is typed in a shell",
  details:
    'Bash: eval "$(pg-mig completion bash)" in ~/.bashrc; it needs the package bash-completion. ' +
    "Zsh: the same with zsh in ~/.zshrc, after compinit. Fish: pg-mig completion fish | source, in " +
    "~/.config/fish/config.fish. Versions on disk, hosts and labels of nodes are completed, too: for " +
    "that, config files are run and discovery sources asked; no database is connected to.",
  argument: { name: "<shell>", help: shells.join(", "), values: shells },
};

/** All that may be typed. */
export const completionTable: CompletionTable = {
  commands: [...commands, helpCommand, completionCommand],
  options(name) {
    const command = commands.find((one) => one.name === name);
    if (name !== undefined && command === undefined) {
      return [];
    }
    const { options = [], settings } = command ?? {
      options: programOptions,
      settings: settingDefinitions.map(([setting]) => setting),
    };
    return [...options, ...settings.flatMap(optionOf)];
  },
};

/** What settings may be, beside words. */
const settingValues: Readonly<Partial<Record<SettingName, PossibleValues>>> = {
  migdir: "directories",
  report: "files",
  only: "conditions",
};

/** The option of a setting, with its variable and its default in the help. */
export function optionOf(setting: SettingName): CommandOption[] {
  const definition: SettingDefinition = settingTable[setting];
  const { option, repeatable, variable, shownDefault, help, type } = definition;
  const notes = [variable, shownDefault].filter((note) => note !== undefined).join(", ");
  const values = settingValues[setting] ?? type.words;
  return option === undefined
    ? []
    : [
        {
          flags: option,
          help: notes === "" ? help : `${help} (${notes})`,
          ...(repeatable === true ? { repeatable } : {}),
          ...(values === undefined ? {} : { values }),
          ...(type.alone === undefined ? {} : { alone: type.alone }),
        },
      ];
}

/** All options of all commands, each once or more. */
export function allOptions(): CommandOption[] {
  return [
    ...programOptions,
    ...commands.flatMap(({ options = [] }) => options),
    ...settingDefinitions.flatMap(([setting]) => optionOf(setting)),
  ];
}

/** The names of the options that may follow a command; those of the program for `undefined`. */
export function optionNamesOf(command: string | undefined): string[] {
  return longNamesOf(completionTable.options(command));
}

/** `ignore` for `--ignore <items>`. */
export function nameOf(flags: string): string {
  return flags.replace(/^.*--/, "").replace(/ .*$/, "");
}

/** `--ignore` for `--ignore <items>`: the long names of options. */
export function longNamesOf(options: readonly CommandOption[]): string[] {
  return options.flatMap(({ flags }) => flags.match(/--[a-z0-9-]+/g) ?? []);
}
