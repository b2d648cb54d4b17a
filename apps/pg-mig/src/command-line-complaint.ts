import {
  flagName,
  optionName,
  type SettingDefinition,
  type SettingName,
  settingDefinitions,
  settingTable,
} from "@pg-mig/config";
import type { CommanderError } from "commander";
import type { CommandLine } from "./command-definition.js";
import { commandLineError, suggestion } from "./command-line-error.js";
import {
  actionOptions,
  allOptions,
  completionTable,
  longNamesOf,
  optionNamesOf,
} from "./option-table.js";

/** The error for a word that is no command. */
export function unknownCommand(typed: string): Error {
  const names = completionTable.commands.map(({ name }) => name);
  // The rest of a connection string that was cut at a blank, for want of quotes.
  return /[=@]/.test(typed)
    ? commandLineError(
        "An argument is neither an option nor a command; it is not shown, since a password may be in it.",
        "Put a list of hosts in quotes.",
      )
    : commandLineError(
        `There is no command "${typed}".`,
        suggestion(typed, names, `There is ${names.join(", ")}.`),
      );
}

/** The error for an option that means nothing to a command, or to this form of it. */
export function takesNot(command: string, option: string, form = command): Error {
  const isAction = option !== "--dry" && longNamesOf(actionOptions).includes(option);
  return isAction
    ? commandLineError(
        `These actions exclude each other: ${command}, ${option}.`,
        "Give one of them: nothing was changed.",
      )
    : command === "pg-mig"
      ? needsCommand(option)
      : commandLineError(
          `${form} takes no ${option}: it would have no effect.`,
          `Leave it out; ${seeHelp(command)} lists what there is.`,
        );
}

/** Refuses a setting that means nothing to a command, which takes those that are `known`. */
export function refuseForeignSettings(
  command: string,
  given: Readonly<Record<string, unknown>>,
  known: readonly SettingName[],
): void {
  const foreign = settingDefinitions.find(([setting, definition]) => {
    const key = flagName(definition);
    return key !== undefined && given[key] !== undefined && !known.includes(setting);
  });
  if (foreign !== undefined) {
    throw takesNot(command, String(optionName(foreign[1])));
  }
}

/** Refuses a setting that means nothing to the form of its command that was chosen. */
export function refuseIdleSettings({ command, input, flags }: CommandLine): void {
  for (const { form, settings } of command.idle?.(input) ?? []) {
    for (const setting of settings) {
      const definition: SettingDefinition = settingTable[setting];
      const key = flagName(definition);
      if (key !== undefined && flags[key] !== undefined) {
        throw takesNot(command.name, String(optionName(definition)), form);
      }
    }
  }
}

/** Without the option, the run that no command means would do more than was asked for. */
function needsCommand(option: string): Error {
  const takers = completionTable.commands
    .map(({ name }) => name)
    .filter((name) => optionNamesOf(name).includes(option));
  return commandLineError(
    `${option} needs a command before it: ${takers.join(", ")}.`,
    `Write pg-mig ${takers[0]} ${option}; nothing was changed.`,
  );
}

/** What commander found wrong, in our words. The value of an option that is not ours may be a secret. */
export function refuse(error: CommanderError, command: string): never {
  const { code, exitCode, message } = error;
  if (exitCode === 0) {
    throw error;
  }
  // A secret may hold a quote or a line feed, too: only what stands before it is the option.
  const [, option = ""] = /'(-(?:-[^'=\s]*|[^'-]))/.exec(message) ?? [];
  switch (code) {
    case "commander.unknownOption":
      throw unknownOption(option, command);
    case "commander.optionMissingArgument":
      throw commandLineError(`${option} needs a value.`, `Write ${option}=VALUE.`);
    case "commander.excessArguments":
      throw commandLineError(
        `There are too many arguments for ${command}; they are not shown, since a password may be in them.`,
        `pg-mig help ${command} says what it takes.`,
      );
    default:
      throw commandLineError(
        "The command line cannot be read.",
        "pg-mig --help lists what there is.",
      );
  }
}

function unknownOption(typed: string, command: string): Error {
  const here = optionNamesOf(command === "pg-mig" ? undefined : command);
  if (here.includes(typed)) {
    return commandLineError(`${typed} takes no value.`, "Leave the value out.");
  }
  return longNamesOf(allOptions()).includes(typed)
    ? takesNot(command, typed)
    : commandLineError(
        `There is no option ${typed}.`,
        suggestion(typed, here, `${seeHelp(command)} lists what there is.`),
      );
}

function seeHelp(command: string): string {
  return command === "pg-mig" ? "pg-mig --help" : `pg-mig help ${command}`;
}
