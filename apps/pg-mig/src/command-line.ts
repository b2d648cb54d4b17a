import {
  type Flags,
  flagName,
  optionName,
  type SettingDefinition,
  type SettingName,
  settingDefinitions,
  settingTable,
} from "@pg-mig/config";
import { Command, CommanderError, Option } from "commander";
import type { CommandDefinition, CommandLine, CommandOption } from "./command-definition.js";
import {
  refuse,
  refuseForeignSettings,
  refuseIdleSettings,
  takesNot,
  unknownCommand,
} from "./command-line-complaint.js";
import { commandLineError } from "./command-line-error.js";
import { commands } from "./command-table.js";
import { wantedDryRun } from "./dry-option.js";
import {
  addCompletionCommand,
  addHelpCommand,
  type CommandLineOutput,
} from "./explaining-commands.js";
import { helpLayout, helpOption, outputGroup, programHelp, sentence } from "./help-text.js";
import {
  actionOptions,
  allOptions,
  completionCommand,
  helpCommand,
  nameOf,
  optionOf,
} from "./option-table.js";
import { plainArguments } from "./plain-arguments.js";
import { withoutCommand } from "./without-command.js";

/**
 * Takes a command line apart. Gives "answered" if help or the version was asked for and printed. Touches
 * nothing.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`
 */
export async function parseCommandLine(
  args: readonly string[],
  output: CommandLineOutput,
): Promise<CommandLine | "answered"> {
  let chosen: CommandLine | undefined;
  const plain = plainArguments(
    args,
    allOptions().map(({ flags }) => flags),
  );
  const program = createProgram(output, {
    isWanted: wantedCommands(plain.args),
    choose(line) {
      chosen = line;
    },
  });
  try {
    await program.parseAsync([...plain.args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      return "answered";
    }
    throw error;
  }
  if (chosen === undefined) {
    return "answered";
  }
  chosen = { ...chosen, flags: { ...chosen.flags, ...turnedOff(plain.off) } };
  if (chosen.flags.hosts !== undefined && chosen.flags.discovery !== undefined) {
    throw commandLineError(
      "--hosts and --discovery exclude each other.",
      "Both say which nodes there are: leave one out.",
    );
  }
  refuseIdleReport(chosen);
  refuseIdleSettings(chosen);
  if (chosen.flags.verbose === true && (chosen.flags.quiet ?? chosen.flags.json) === true) {
    throw commandLineError(
      `--verbose and ${chosen.flags.quiet === true ? "--quiet" : "--json"} exclude each other.`,
      "Leave one out.",
    );
  }
  return chosen;
}

/** A report that nobody writes is read for `--only=failed`, or has no effect. */
function refuseIdleReport({ command, input, flags }: CommandLine): void {
  const isDry = wantedDryRun(input.options.dry) !== undefined;
  const isWritten = command.writesReport === true && !isDry;
  const isRead = /(?:^|,)\s*failed\s*(?:,|$)/.test(String(flags.only));
  if (flags.report !== undefined && !isWritten && !isRead) {
    throw commandLineError(
      `${isDry ? "A dry run" : command.name} writes no report: --report would have no effect.`,
      "Leave it out; only --only=failed reads one.",
    );
  }
}

/** The settings that are said not to be, as flags; what is no setting is off if it is not given. */
function turnedOff(names: readonly string[]): Flags {
  const flags = settingDefinitions.flatMap(([, definition]) =>
    names.includes(optionName(definition)?.slice(2) ?? "") ? (flagName(definition) ?? []) : [],
  );
  return Object.fromEntries(flags.map((name) => [name, false]));
}

/**
 * Help lists all commands; without it, those that nobody has typed would be made for nothing. Commander takes a
 * negative number for no option if there are no commands.
 */
function wantedCommands(args: readonly string[]): (name: string) => boolean {
  const typed = new Set(args);
  const wantsAll =
    typed.has(helpCommand.name) || args.some((arg) => /^(?:--help|-\w*h|-[.\d])/.test(arg));
  return (name) => wantsAll || typed.has(name);
}

function createProgram(
  output: CommandLineOutput,
  {
    isWanted,
    choose,
  }: {
    readonly isWanted: (command: string) => boolean;
    readonly choose: (line: CommandLine) => void;
  },
): Command {
  const program = new Command("pg-mig")
    .description(programHelp.about)
    .version(output.version, "-V, --version", "print the version of pg-mig")
    .addHelpOption(helpOption("print this help; after a command, its own"))
    .helpCommand(false)
    .usage("[command] [options]")
    .enablePositionalOptions()
    .allowExcessArguments()
    .showSuggestionAfterError(false)
    .exitOverride((error) => refuse(error, "pg-mig"))
    .configureOutput({
      writeOut: (text) => output.writeOut(text),
      // Complaints are thrown.
      writeErr: () => {},
      getOutHelpWidth: () => output.columns,
    })
    .configureHelp(helpLayout)
    .addHelpText("after", programHelp.after);
  program.options.find(({ long }) => long === "--version")?.helpGroup(outputGroup);
  for (const definition of commands.filter(({ name }) => isWanted(name))) {
    addCommand(program, definition, choose);
  }
  program.hook("preSubcommand", (_, command) => addOptions(command));
  if (isWanted(helpCommand.name)) {
    addHelpCommand(program, output, addOptions);
  }
  if (isWanted(completionCommand.name)) {
    addCompletionCommand(program, output);
  }
  for (const option of actionOptions) {
    program.addOption(made(option).helpGroup("Options of pg-mig 2.x, and the command of each:"));
  }
  for (const [setting] of settingDefinitions) {
    addSetting(program, setting);
  }
  program.action(() => {
    const [word] = program.args;
    if (word !== undefined) {
      throw unknownCommand(word);
    }
    choose(withoutCommand(givenOptions(program)));
  });
  return program;
}

function addCommand(
  program: Command,
  definition: CommandDefinition,
  choose: (line: CommandLine) => void,
): void {
  const { name, help, details, argument, options = [], examples } = definition;
  const command = program
    .command(name)
    .summary(help)
    .description(details === undefined ? sentence(help) : `${sentence(help)}\n\n${details}`)
    .addHelpOption(helpOption("print this help"))
    .allowExcessArguments(false)
    .exitOverride((error) => refuse(error, name))
    .addHelpText("after", `\n${programHelp.examples(examples)}`);
  if (argument !== undefined) {
    // What is missing is told by the command itself.
    command.argument(argument.name.replace(/^<(.*)>$/, "[$1]"), argument.help);
    command.usage(`${argument.name} [options]`);
  }
  command.action(() => {
    const before = givenOptions(program);
    const after = givenOptions(command);
    refuseBeforeCommand(before, definition);
    const own = options.map(({ flags }) => nameOf(flags));
    const { all, own: input } = merged(before, after, own);
    choose({
      command: definition,
      input: { arguments: command.args, options: input },
      flags: all as Flags,
    });
  });
}

/** Adds what a command takes. Only one is asked for: those of all others would take as long as all else does. */
function addOptions(command: Command): void {
  const { options = [], settings = [] } =
    commands.find(({ name }) => name === command.name()) ?? {};
  for (const option of options) {
    command.addOption(made(option));
  }
  for (const [setting] of settingDefinitions) {
    if (settings.includes(setting)) {
      addSetting(command, setting);
    }
  }
}

/** Options with a value that may be empty: there are empty passwords, and no title is a mistake. */
const takesEmpty: readonly string[] = ["pass", "make"];

/**
 * What was typed: commander gives an option such as `--no-shell` a value, too, if nobody gave it. An empty value
 * counts as none, as from a variable of a shell that is not set; where a value may be left out, it is for the reader.
 */
function givenOptions(command: Command): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {};
  for (const option of command.options) {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    const isEmpty = option.required && !takesEmpty.includes(name) && String(value) === "";
    if (command.getOptionValueSource(name) === "cli" && !isEmpty) {
      given[name] = value;
    }
  }
  return given;
}

/** Options that stand before the command and after it are one command line; lists are put together. */
function merged(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  ownNames: readonly string[],
): { readonly all: Record<string, unknown>; readonly own: Record<string, unknown> } {
  const all: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const first = all[name];
    all[name] = Array.isArray(first) && Array.isArray(value) ? [...first, ...value] : value;
  }
  const own: Record<string, unknown> = {};
  for (const name of ownNames) {
    own[name] = all[name];
    delete all[name];
  }
  return { all, own };
}

/** What stands before a command has to mean something to it. */
function refuseBeforeCommand(
  before: Readonly<Record<string, unknown>>,
  { name, settings, options = [] }: CommandDefinition,
): void {
  const own = options.map(({ flags }) => nameOf(flags));
  const action = actionOptions.find(({ flags }) => {
    const key = nameOf(flags);
    return before[key] !== undefined && !own.includes(key);
  });
  if (action !== undefined) {
    throw takesNot(name, `--${nameOf(action.flags)}`);
  }
  refuseForeignSettings(name, before, settings);
}

function addSetting(command: Command, setting: SettingName): void {
  for (const option of optionOf(setting)) {
    const { group }: SettingDefinition = settingTable[setting];
    command.addOption(made(option).helpGroup(`${group}:`));
  }
}

function made({ flags, help, repeatable, alone }: CommandOption): Option {
  const option = new Option(flags, help);
  if (alone !== undefined) {
    option.preset(alone);
  }
  return repeatable === true ? option.argParser(collect) : option;
}

/** Keeps the values of all places in which an option is given. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return value === "" ? before : [...before, value];
}
