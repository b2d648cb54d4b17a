import {
  type Flags,
  flagName,
  optionName,
  type SettingDefinition,
  settingDefinitions,
} from "@pg-mig/config";
import { Command, CommanderError, Option } from "commander";
import type { DriftFlags } from "./drift-flags.js";
import { plainArguments } from "./plain-arguments.js";

/** What the user asked for. */
export type ActionRequest =
  | { readonly type: "apply" }
  | { readonly type: "undo"; readonly version: string }
  | { readonly type: "make"; readonly target: string }
  | { readonly type: "chain" }
  | { readonly type: "list" }
  | { readonly type: "list-db" }
  | { readonly type: "digest" }
  | { readonly type: "status" }
  | { readonly type: "drift"; readonly flags: DriftFlags };

/** The command line, taken apart. Values are as they were typed: `config` judges them. */
export interface CommandLine {
  readonly action: ActionRequest;
  /** Whether it is only planned, and whether the SQL is shown, too. `undefined`: it is done. */
  readonly dry: "plan" | "sql" | undefined;
  readonly flags: Flags;
}

/** The options of the actions; all others come from the table of settings. */
interface ActionFlags {
  readonly undo?: true | string | undefined;
  readonly make?: string | undefined;
  readonly chain?: true | string | undefined;
  readonly list?: true | string | undefined;
  readonly dry?: true | string | undefined;
}

/** Where help, the version and complaints about the command line go. */
export interface CommandLineOutput {
  readonly version: string;
  writeOut(text: string): void;
  writeErr(text: string): void;
}

/**
 * Takes a command line apart. Returns an exit status instead where it was answered already: help or
 * version printed (0), or an option refused with a sentence (1). Touches nothing.
 */
export function parseCommandLine(
  args: readonly string[],
  output: CommandLineOutput,
): CommandLine | { readonly exitStatus: number } {
  let action: ActionRequest | undefined;
  const program = createProgram(output, (request) => {
    action = request;
  });
  try {
    const plain = plainArguments(
      args,
      program.options.map(({ flags: spelling }) => spelling),
    );
    program.parse([...plain.args], { from: "user" });
    const { undo, make, chain, list, dry, ...given } = program.opts<ActionFlags & Flags>();
    const flags: Flags = { ...given, ...turnedOff(plain.off) };
    const requests = requestedActions({ undo, make, chain, list }, program);
    const all = action === undefined ? requests : [action, ...requests];
    if (all.length > 1) {
      const options: Readonly<Record<string, string>> = {
        digest: "list=digest",
        "list-db": "list=db",
      };
      const names = all.map(({ type }) => options[type] ?? type);
      program.error(`error: these actions exclude each other: ${names.join(", ")}`);
    }
    if (typeof dry === "string" && dry !== "sql") {
      return program.error(`error: --dry takes nothing or "sql", not "${dry}"`);
    }
    const [writer] = all.filter(({ type }) => type === "make" || type === "chain");
    if (dry !== undefined && writer !== undefined) {
      program.error(`error: --${writer.type} writes files: it has no dry run`);
    }
    if (flags.hosts !== undefined && flags.discovery !== undefined) {
      program.error("error: --hosts and --discovery exclude each other");
    }
    return {
      action: all[0] ?? { type: "apply" },
      dry: dry === true ? "plan" : dry,
      flags,
    };
  } catch (error) {
    if (error instanceof CommanderError) {
      return { exitStatus: error.exitCode };
    }
    throw error;
  }
}

/** The settings that are said not to be, as flags; what is no setting is off if it is not given. */
function turnedOff(names: readonly string[]): Flags {
  const flags = settingDefinitions.flatMap(([, definition]) =>
    names.includes(optionName(definition)?.slice(2) ?? "") ? (flagName(definition) ?? []) : [],
  );
  return Object.fromEntries(flags.map((name) => [name, false]));
}

function requestedActions(
  { undo, make, chain, list }: Omit<ActionFlags, "dry">,
  program: Command,
): ActionRequest[] {
  const requests: ActionRequest[] = [];
  if (undo !== undefined) {
    requests.push({ type: "undo", version: undo === true ? "" : undo });
  }
  if (make !== undefined) {
    requests.push({ type: "make", target: make });
  }
  if (chain !== undefined) {
    if (chain !== true && chain !== "") {
      program.error(`error: --chain takes no value: "${chain}"`);
    }
    requests.push({ type: "chain" });
  }
  if (list !== undefined) {
    if (list !== true && list !== "" && list !== "digest" && list !== "db") {
      program.error(`error: --list takes nothing, "digest" or "db", not "${list}"`);
    }
    requests.push({ type: list === "digest" ? "digest" : list === "db" ? "list-db" : "list" });
  }
  return requests;
}

function createProgram(
  output: CommandLineOutput,
  onCommand: (request: ActionRequest) => void,
): Command {
  const program = new Command("pg-mig")
    .description(
      "Applies schema migrations to every microshard (schema) of every PostgreSQL node of a cluster, " +
        "in parallel. Each version on each shard is all or nothing; the next run " +
        "resumes where a failed one stopped.\nWithout an action it applies.",
    )
    .version(output.version, "--version", "print the version of pg-mig")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .allowExcessArguments()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.writeOut(text),
      writeErr: (text) => output.writeErr(text),
    });
  const add = (group: string, flags: string, description: string) =>
    program.addOption(new Option(flags, description).helpGroup(group));

  const actions = "Actions (default: apply):";
  add(actions, "--undo [version]", "undo that version if it is the latest");
  add(actions, "--make <title@prefix>", "make an empty pair of files for a new version");
  add(actions, "--chain [nothing]", "rewrite chain.txt");
  add(
    actions,
    "--list [what]",
    "print all versions on disk, or digest: theirs, or db: those of each shard",
  );
  add(actions, "--dry [sql]", "print the plan (or the exact SQL) and change nothing");

  for (const [, definition] of settingDefinitions) {
    const option = settingOption(definition);
    if (option !== undefined) {
      program.addOption(option);
    }
  }

  // A command is an action of its own: the other ones exclude it.
  const commandHelp = {
    showGlobalOptions: true,
    visibleGlobalOptions: () =>
      program.options.filter(({ helpGroupHeading }) => helpGroupHeading !== actions),
  };
  program
    .command("status")
    .description("print which versions each shard has and what is pending; changes nothing")
    .helpOption("--help", "print this help")
    .configureHelp(commandHelp)
    .allowExcessArguments(false)
    .action(() => onCommand({ type: "status" }));
  program
    .command("drift")
    .description("compare shards that ought to be alike; changes nothing")
    .option("--against <shape>", "majority (the default), or shard=NAME")
    .option("--include <what>", "access: owners and privileges count, too")
    .option("--ignore <items>", "kinds of items, or kind:path, separated by commas", collect)
    .helpOption("--help", "print this help")
    .configureHelp(commandHelp)
    .allowExcessArguments(false)
    .action((flags: DriftFlags) => onCommand({ type: "drift", flags }));
  program.action(() => {
    const [name] = program.args;
    if (name === undefined) {
      return;
    }
    program.error(
      // The rest of a connection string that was cut at a blank, for want of quotes.
      /[=@]/.test(name)
        ? "error: an argument is neither an option nor a command; it is not shown, since a password may be in it. Put a list of hosts in quotes"
        : `error: there is no command "${name}", only "status" and "drift"`,
    );
  });
  return program.addHelpText("after", examples);
}

/** The option of a setting, as the table of settings describes it. */
function settingOption(definition: SettingDefinition): Option | undefined {
  const { option, repeatable, group, variable, shownDefault, help } = definition;
  if (option === undefined) {
    return undefined;
  }
  const notes = [variable, shownDefault].filter((note) => note !== undefined).join(", ");
  const made = new Option(option, notes === "" ? help : `${help} (${notes})`).helpGroup(
    `${group}:`,
  );
  return repeatable === true ? made.argParser(collect) : made;
}

/** Keeps the values of all places in which an option is given. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const examples = `
Examples:
  Make a version for all shards whose name starts with "sh" and goes on with a digit, then fill in
  its .up.sql and .dn.sql:
    $ pg-mig --migdir=mig --make=add-users@sh

  Apply it to the shards of three nodes, looking at the plan first:
    $ pg-mig --migdir=mig --hosts=db1,db2,db3:5433 --user=admin --db=app --dry
    $ pg-mig --migdir=mig --hosts=db1,db2,db3:5433 --user=admin --db=app

  See where each shard is; undo the latest version:
    $ pg-mig status
    $ pg-mig --undo=20260102030405.add-users.sh

Settings come from the command line, then pg-mig.config.ts (or .js) here and in the folders above,
then the environment variables named in brackets.
`;
