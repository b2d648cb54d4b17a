import { Command, CommanderError, Option } from "commander";

/** What the user asked for. */
export type ActionRequest =
  | { readonly type: "apply" }
  | { readonly type: "undo"; readonly version: string }
  | { readonly type: "make"; readonly target: string }
  | { readonly type: "chain" }
  | { readonly type: "list" }
  | { readonly type: "digest" }
  | { readonly type: "status" };

/** The command line, taken apart. Values are as they were typed: `config` judges them. */
export interface CommandLine {
  readonly action: ActionRequest;
  readonly flags: Flags;
}

/** The options, by the names that commander gives them. `undefined`: not given. */
export interface Flags {
  readonly migdir?: string;
  readonly hosts?: string;
  readonly port?: string;
  readonly user?: string;
  readonly pass?: string;
  readonly db?: string;
  readonly discovery?: readonly string[];
  readonly createdb?: true;
  readonly only?: readonly string[];
  readonly report?: string;
  readonly parallelism?: string;
  readonly lockTimeout?: string;
  readonly retryFor?: string;
  readonly wait?: true | string;
  readonly allowPooler?: true;
  readonly dry?: true | string;
  readonly force?: true;
  readonly strict?: true;
  readonly skipConfig?: true;
  /** False with `--no-shell`. */
  readonly shell?: boolean;
  readonly json?: true;
  readonly debug?: true;
}

interface AllFlags extends Flags {
  readonly undo?: true | string | undefined;
  readonly make?: string | undefined;
  readonly chain?: true | string | undefined;
  readonly list?: true | string | undefined;
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
  const program = createProgram(output, () => {
    action = { type: "status" };
  });
  try {
    program.parse([...args], { from: "user" });
    const { undo, make, chain, list, ...flags } = program.opts<AllFlags>();
    const requests = requestedActions({ undo, make, chain, list }, program);
    const all = action === undefined ? requests : [action, ...requests];
    if (all.length > 1) {
      const names = all.map(({ type }) => (type === "digest" ? "list=digest" : type));
      program.error(`error: these actions exclude each other: ${names.join(", ")}`);
    }
    if (flags.dry !== undefined && flags.dry !== true && flags.dry !== "sql") {
      program.error(`error: --dry takes nothing or "sql", not "${flags.dry}"`);
    }
    if (flags.hosts !== undefined && flags.discovery !== undefined) {
      program.error("error: --hosts and --discovery exclude each other");
    }
    return { action: all[0] ?? { type: "apply" }, flags };
  } catch (error) {
    if (error instanceof CommanderError) {
      return { exitStatus: error.exitCode };
    }
    throw error;
  }
}

function requestedActions(
  { undo, make, chain, list }: Pick<AllFlags, "undo" | "make" | "chain" | "list">,
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
    if (list !== true && list !== "" && list !== "digest") {
      program.error(`error: --list takes nothing or "digest", not "${list}"`);
    }
    requests.push({ type: list === "digest" ? "digest" : "list" });
  }
  return requests;
}

function createProgram(output: CommandLineOutput, onStatus: () => void): Command {
  const program = new Command("pg-mig")
    .description(
      "Applies schema migrations to every microshard (schema) of every PostgreSQL node of a cluster, " +
        "in parallel. Each version on each shard is all or nothing; a run that failed goes on where " +
        "it left off.\nWithout an action it applies.",
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
  const addRepeatable = (group: string, flags: string, description: string) =>
    program.addOption(
      new Option(flags, description)
        .argParser((value: string, before: readonly string[] = []) => [...before, value])
        .helpGroup(group),
    );

  const actions = "Actions (default: apply):";
  add(actions, "--undo [version]", "undo that version where it is the latest");
  add(actions, "--make <title@prefix>", "make an empty pair of files for a new version");
  add(actions, "--chain [nothing]", "rewrite chain.txt");
  add(actions, "--list [digest]", "print all versions on disk, or their digest alone");
  add(actions, "--dry [sql]", "print the plan (or the exact SQL) and change nothing");

  const cluster = "The cluster:";
  add(
    cluster,
    "--hosts <list>",
    "nodes: host, host:port, host:port/db or postgres:// URLs (PGHOST)",
  );
  addRepeatable(
    cluster,
    "--discovery <name>",
    "package or file that says which nodes there are, instead of hosts; repeatable",
  );
  add(cluster, "--port <number>", "port where the list has none (PGPORT, 5432)");
  add(cluster, "--user <name>", "user where the list has none (PGUSER)");
  add(cluster, "--pass <password>", "password where the list has none (PGPASSWORD)");
  add(cluster, "--db <name>", "database where the list has none (PGDATABASE)");
  add(
    cluster,
    "--createdb",
    "make databases that are missing, wait for servers that start (PGCREATEDB)",
  );

  addRepeatable(
    cluster,
    "--only <conditions>",
    "work on these alone: region=eu,shard=sh00* (labels, host, island, shard) or failed; repeatable",
  );

  const run = "The run:";
  add(run, "--migdir <dir>", "the directory with the migration files (PGMIGDIR)");
  add(run, "--parallelism <n>", "shards in flight per node (10)");
  add(
    run,
    "--lock-timeout <time>",
    "how long a version waits for a lock before it is put back (2s)",
  );
  add(run, "--retry-for <time>", "how long a version that was put back is tried again (10m)");
  add(run, "--wait [time]", "wait until no other run works on the nodes, instead of failing");
  add(run, "--allow-pooler", "work through a pooler in transaction mode, without the run lock");
  add(run, "--force", "run before.sql and after.sql even if no version is pending");
  add(run, "--report <file>", "write the report there, as JSON; --only=failed reads it first");
  add(run, "--strict", "refuse to run when a file was edited after it was applied");
  add(run, "--no-shell", "refuse files that run shell commands (backticks, \\!)");
  add(run, "--skip-config", "ignore pg-mig.config.*");

  const display = "Output:";
  add(display, "--json", "one JSON object a line on stdout, for programs");
  add(display, "--debug", "add stack traces to errors");

  program
    .command("status")
    .description("print which versions each shard has and what is pending; changes nothing")
    .helpOption(false)
    .action(onStatus);
  program.action(() => {
    const [name] = program.args;
    if (name !== undefined) {
      program.error(`error: there is no command "${name}", only "status"`);
    }
  });
  return program.addHelpText("after", examples);
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
