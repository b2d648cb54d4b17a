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
import type { CommandDefinition, CommandInput, CommandOption } from "./command-definition.js";
import { commandLineError, expectedWord, suggestion } from "./command-line-error.js";
import { commands } from "./command-table.js";
import { applyCommand } from "./commands/apply.js";
import { chainCommand } from "./commands/chain.js";
import { digestCommand } from "./commands/digest.js";
import { listCommand } from "./commands/list.js";
import { makeCommand } from "./commands/make.js";
import { undoCommand } from "./commands/undo.js";
import { dryOption, wantedDryRun } from "./dry-option.js";
import { errorPage } from "./error-page.js";
import { helpLayout, outputGroup, programHelp } from "./help-text.js";

/** The command line, taken apart. Values are as they were typed: commands and `config` judge them. */
export interface CommandLine {
  readonly command: CommandDefinition;
  readonly input: CommandInput;
  readonly flags: Flags;
}

/** What the program says of itself, and where. */
export interface CommandLineOutput {
  readonly version: string;
  /** The width that help is wrapped at. */
  readonly columns: number;
  writeOut(text: string): void;
}

/** The actions of 2.x that are spelled as options, and the commands that they are. */
const actionOptions: readonly CommandOption[] = [
  { flags: "--undo [version]", help: "undo", values: "versions" },
  { flags: "--make <title@prefix>", help: "make" },
  { flags: "--chain [nothing]", help: "chain" },
  { flags: "--list [digest]", help: "list; with digest: digest", values: ["digest"] },
  { ...dryOption, help: "plan; with sql: plan --sql; with --undo: what that would do" },
];

/** The options that stand before a command, or without one, and are no settings. */
export const programOptions: readonly CommandOption[] = [
  ...actionOptions,
  { flags: "-V, --version", help: "print the version of pg-mig" },
  { flags: "-h, --help", help: "print this help; after a command, its own" },
];

const allOptions: readonly string[] = [
  ...namesOf(programOptions),
  ...commands.flatMap(({ options = [] }) => namesOf(options)),
  ...settingDefinitions.flatMap(([name]) => spelled(name)),
];

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
  const program = createProgram(output, (line) => {
    chosen = line;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      return "answered";
    }
    throw error;
  }
  if (chosen === undefined) {
    return "answered";
  }
  if (chosen.flags.hosts !== undefined && chosen.flags.discovery !== undefined) {
    throw commandLineError(
      "--hosts and --discovery exclude each other.",
      "Both say which nodes there are: leave one out.",
    );
  }
  if (chosen.flags.verbose === true && (chosen.flags.quiet ?? chosen.flags.json) === true) {
    throw commandLineError(
      `--verbose and ${chosen.flags.quiet === true ? "--quiet" : "--json"} exclude each other.`,
      "Leave one out.",
    );
  }
  return chosen;
}

function createProgram(output: CommandLineOutput, choose: (line: CommandLine) => void): Command {
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
  for (const definition of commands) {
    addCommand(program, definition, choose);
  }
  addHelpCommand(program, output);
  for (const option of actionOptions) {
    program.addOption(made(option).helpGroup("Options of pg-mig 2.x, and the command of each:"));
  }
  for (const [, definition] of settingDefinitions) {
    addSetting(program, definition);
  }
  program.action(() => {
    const [word] = program.args;
    if (word !== undefined) {
      throw unknownCommand(word);
    }
    choose(withoutCommand(program.opts()));
  });
  return program;
}

/** Prints the help of a command, or what is known of the code of an error. */
function addHelpCommand(program: Command, { writeOut }: CommandLineOutput): void {
  program
    .command("help")
    .description("print the help of a command, or what an error code means")
    .argument("[command or code]")
    .addHelpOption(helpOption("print this help"))
    .action(async (about: string | undefined) => {
      const command =
        about === undefined ? program : program.commands.find((one) => one.name() === about);
      if (command !== undefined) {
        command.outputHelp();
      } else if (/^[A-Z_]+$/.test(String(about))) {
        const { errorCodes, explainedCode } = await import("./error-codes.js");
        const all = errorCodes.flatMap(({ codes }) => codes);
        const found = all.find(({ code }) => code === about);
        if (found === undefined) {
          throw commandLineError(
            `There is no error code ${about}.`,
            suggestion(
              String(about),
              all.map(({ code }) => code),
              `All codes are on the page ${errorPage}.`,
            ),
          );
        }
        writeOut(explainedCode(found));
      } else {
        throw unknownCommand(String(about));
      }
    });
}

function addCommand(
  program: Command,
  definition: CommandDefinition,
  choose: (line: CommandLine) => void,
): void {
  const { name, help, details, argument, options = [], settings, examples } = definition;
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
  for (const option of options) {
    command.addOption(made(option));
  }
  for (const [setting, one] of settingDefinitions) {
    if (settings.includes(setting)) {
      addSetting(command, one);
    }
  }
  command.action(() => {
    const [typed] = command.args;
    const before = program.opts<Record<string, unknown>>();
    const after = command.opts<Record<string, unknown>>();
    refuseBeforeCommand(before, definition);
    const own = options.map(({ flags }) => nameOf(flags));
    const { all, own: input } = merged(before, after, own);
    choose({
      command: definition,
      input: { argument: typed, options: input },
      flags: all as Flags,
    });
  });
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
  const known = settings.map((setting) => flagName(settingTable[setting]));
  const foreign = settingDefinitions.find(([, definition]) => {
    const key = flagName(definition);
    return key !== undefined && isGiven(before[key], key) && !known.includes(key);
  });
  if (foreign !== undefined) {
    throw takesNot(name, String(optionName(foreign[1])));
  }
}

/** Commander gives an option `--no-shell` a value of its own. */
function isGiven(value: unknown, key: string): boolean {
  return key === "shell" ? value === false : value !== undefined;
}

/** The command line of 2.x: at most one action, as an option. */
function withoutCommand(options: Readonly<Record<string, unknown>>): CommandLine {
  const { undo, make, chain, list, dry, ...flags } = options;
  const requests: { option: string; command: CommandDefinition; argument?: string }[] = [];
  if (undo !== undefined) {
    requests.push({
      option: "undo",
      command: undoCommand,
      ...(undo === true ? {} : { argument: String(undo) }),
    });
  }
  if (make !== undefined) {
    requests.push({ option: "make", command: makeCommand, argument: String(make) });
  }
  if (chain !== undefined) {
    if (chain !== true && chain !== "") {
      throw commandLineError(`--chain takes no value, but got "${chain}".`, "Leave it out.");
    }
    requests.push({ option: "chain", command: chainCommand });
  }
  if (list !== undefined) {
    const isList = list === true || list === "";
    const command = isList ? listCommand : digestCommand;
    if (!isList) {
      expectedWord("--list", String(list), ["digest"], 'nothing or "digest"');
    }
    requests.push({ option: isList ? "list" : "list=digest", command });
  }
  if (requests.length > 1) {
    throw commandLineError(
      `These actions exclude each other: ${requests.map(({ option }) => `--${option}`).join(", ")}.`,
      "Give one of them: nothing was changed.",
    );
  }
  const [request = { option: "apply", command: applyCommand }] = requests;
  const { command, argument } = request;
  if (wantedDryRun(dry) !== undefined && (command === makeCommand || command === chainCommand)) {
    throw commandLineError(
      `--${request.option} writes files: it has no dry run.`,
      "Leave --dry out, or the action.",
    );
  }
  return { command, input: { argument, options: { dry } }, flags: flags as Flags };
}

function unknownCommand(typed: string): Error {
  const names = [...commands.map(({ name }) => name), "help"];
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

function takesNot(command: string, option: string): Error {
  const isAction = option !== "--dry" && namesOf(actionOptions).includes(option);
  return isAction
    ? commandLineError(
        `These actions exclude each other: ${command}, ${option}.`,
        "Give one of them: nothing was changed.",
      )
    : commandLineError(
        `${command} takes no ${option}: it would have no effect.`,
        `Leave it out; ${seeHelp(command)} lists what there is.`,
      );
}

/** What commander found wrong, in our words. The value of an option that is not ours may be a secret. */
function refuse(error: CommanderError, command: string): never {
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
  const { options = [], settings = [] } = commands.find(({ name }) => name === command) ?? {};
  const here =
    command === "pg-mig" ? allOptions : [...namesOf(options), ...settings.flatMap(spelled)];
  if (here.includes(typed)) {
    return commandLineError(`${typed} takes no value.`, "Leave the value out.");
  }
  return allOptions.includes(typed)
    ? takesNot(command, typed)
    : commandLineError(
        `There is no option ${typed}.`,
        suggestion(typed, here, `${seeHelp(command)} lists what there is.`),
      );
}

function addSetting(command: Command, definition: SettingDefinition): void {
  const { option, repeatable, group, variable, shownDefault, help } = definition;
  if (option === undefined) {
    return;
  }
  const notes = [variable, shownDefault].filter((note) => note !== undefined).join(", ");
  const text = notes === "" ? help : `${help} (${notes})`;
  command.addOption(
    made({ flags: option, help: text, ...(repeatable === true ? { repeatable } : {}) }).helpGroup(
      `${group}:`,
    ),
  );
}

function helpOption(text: string): Option {
  return new Option("-h, --help", text).helpGroup(outputGroup);
}

function made({ flags, help, repeatable }: CommandOption): Option {
  const option = new Option(flags, help);
  return repeatable === true ? option.argParser(collect) : option;
}

/** Keeps the values of all places in which an option is given. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `ignore` for `--ignore <items>`. */
function nameOf(flags: string): string {
  return flags.replace(/^.*--/, "").replace(/ .*$/, "");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function namesOf(options: readonly CommandOption[]): string[] {
  return options.flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []);
}

function spelled(setting: SettingName): string[] {
  const option = optionName(settingTable[setting]);
  return option === undefined ? [] : [option];
}

function seeHelp(command: string): string {
  return command === "pg-mig" ? "pg-mig --help" : `pg-mig help ${command}`;
}
