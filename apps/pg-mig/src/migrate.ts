import nodeProcess from "node:process";
import { mergeSettings, withServiceLayer } from "@pg-mig/config";
import type { PgMigError } from "@pg-mig/model";
import { account, homeDirectory } from "./account.js";
import type { CommandDefinition } from "./command-definition.js";
import { applyCommand } from "./commands/apply.js";
import { chainCommand } from "./commands/chain.js";
import { digestCommand } from "./commands/digest.js";
import { listCommand } from "./commands/list.js";
import { listDbCommand } from "./commands/list-db.js";
import { makeCommand } from "./commands/make.js";
import { undoCommand } from "./commands/undo.js";
import { exitStatus } from "./exit-status.js";
import { uninterrupted } from "./interruption.js";
import { invalidOption, refuseUnknown } from "./invalid-option.js";
import { guardingOutput } from "./output-guard.js";
import { settingsWith } from "./settings-with.js";
import type { RolloutOptions } from "./start-migration.js";
import { createTerminal } from "./view/terminal.js";

/** What {@link migrate} is asked to do. */
export type MigrateAction =
  | {
      readonly type: "apply";
      /** Called one after the other when all has succeeded. */
      readonly after?: readonly (() => unknown)[] | undefined;
    }
  /** An empty version: print the latest ones, and fail. */
  | { readonly type: "undo"; readonly version: string }
  | { readonly type: "make"; readonly name: string }
  | { readonly type: "list" }
  | { readonly type: "list-db" }
  | { readonly type: "digest" }
  | { readonly type: "chain" };

/** Options of {@link migrate}: those of pg-mig 2.x, and how a version reaches the shards. */
export interface MigrateOptions extends RolloutOptions {
  /** The migration directory. */
  readonly migDir: string;
  /** The nodes, each as in `--hosts`. */
  readonly hosts: readonly string[];
  /** For what `hosts` leaves out; an option that is not given is taken from the environment, as psql does. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly pass?: string | undefined;
  readonly db?: string | undefined;
  /** Make databases that are missing, and wait for servers that are still starting. @default false */
  readonly createDB?: boolean | undefined;
  /** Chains in flight per node. @default 10 */
  readonly parallelism?: number | undefined;
  /** Print the plan, change nothing. @default false */
  readonly dry?: boolean | undefined;
  /** Run before.sql and after.sql even if no version is pending. @default false */
  readonly force?: boolean | undefined;
  /**
   * A query, run on each node, whose first column names the schemas that count as shards. A schema
   * that equals its prefix counts always. @default all schemas count
   */
  readonly validShardSchemasSql?: string | undefined;
  /** Print lines, and draw nothing over. @default whether stderr is no terminal */
  readonly ci?: boolean | undefined;
  readonly action: MigrateAction;
}

const optionNames = [
  ...["migDir", "hosts", "port", "user", "pass", "db", "createDB"],
  ...["parallelism", "dry", "force", "validShardSchemasSql", "ci", "action"],
  ...["waves", "wave", "stopAt", "throttle"],
];

/** Every action: its command, and what it takes. */
const actions: Readonly<
  Record<MigrateAction["type"], readonly [command: CommandDefinition, ...parts: string[]]>
> = {
  apply: [applyCommand, "after"],
  undo: [undoCommand, "version"],
  make: [makeCommand, "name"],
  list: [listCommand],
  "list-db": [listDbCommand],
  digest: [digestCommand],
  chain: [chainCommand],
};

/**
 * Does what the command does, as the function of this name in pg-mig 2.x: prints to this process's
 * stdout and stderr, and resolves to whether all went well. Reads no config file. For events instead of
 * printed lines see `startMigration`.
 *
 * @throws PgMigError `MIGRATE_OPTION_INVALID` for an option or action that does not exist, or whose value
 * does not fit; and whatever is found wrong before anything is changed
 */
export async function migrate(options: MigrateOptions): Promise<boolean> {
  refuseInvalid(options);
  const { action, dry = false, validShardSchemasSql, waves, wave, stopAt, throttle } = options;
  const { env } = nodeProcess;
  const cwd = nodeProcess.cwd();
  const given = (value: string | undefined) => (value === "" ? undefined : value);
  const [command] = actions[action.type];
  const { connects } = command;
  const settings = mergeSettings({
    flags: {
      migdir: options.migDir,
      hosts: options.hosts?.length ? options.hosts : undefined,
      port: options.port,
      user: given(options.user),
      pass: given(options.pass),
      db: given(options.db),
      // PGCREATEDB is a variable of the command.
      createdb: options.createDB ?? false,
      // 2.x takes 0 for its default.
      parallelism: options.parallelism || undefined,
      force: options.force,
    },
    layers: connects ? await serviceLayers(env) : [],
    env,
    cwd,
    os: account(env),
    connects,
  });
  const after = action.type === "apply" ? (action.after ?? []) : [];
  const terminals = options.ci === true ? { ...env, CI: "true" } : env;
  const args =
    action.type === "undo" ? [action.version] : action.type === "make" ? [action.name] : [];
  const act = await command.load({ arguments: args, options: { dry: dry || undefined } });
  const status = await guardingOutput(nodeProcess, ({ stdout, stderr }) =>
    act({
      settings: settingsWith(settings, {
        ...{ validShardSchemasSql, after, wave, stopAt, throttle },
        rollout: waves && { waves },
      }),
      stdout: createTerminal(stdout, terminals),
      stderr: createTerminal(stderr, terminals),
      cwd,
      env,
      interruption: uninterrupted,
    }),
  );
  return status === exitStatus.done;
}

/** What the service of the environment says, if it names one. */
async function serviceLayers(env: Readonly<Record<string, string | undefined>>) {
  const { readService } = await import("./read-service.js");
  return withServiceLayer({ layers: [], env }, { home: homeDirectory(env), readService });
}

/** Judges what JavaScript may hand over, too. Values that the command has as well are judged with its settings. */
function refuseInvalid(options: MigrateOptions): void {
  refuseUnknown("migrate()", "option", Object.keys(options), optionNames);
  const { hosts, dry } = options;
  const action: Readonly<Record<string, unknown>> | undefined = options.action;
  if (typeof action?.type !== "string") {
    throw invalid("migrate() needs an action.", `It is one of ${Object.keys(actions).join(", ")}.`);
  }
  const { type, ...parts } = action;
  refuseUnknown("migrate()", "action", [type], Object.keys(actions));
  const [, ...known] = actions[type as MigrateAction["type"]];
  refuseUnknown("migrate()", `part of the action ${type}`, Object.keys(parts), known);
  for (const name of ["createDB", "dry", "force", "ci"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "boolean") {
      throw invalid(`The option ${name} of migrate() is neither true nor false.`);
    }
  }
  const { validShardSchemasSql: sql }: { readonly validShardSchemasSql?: unknown } = options;
  if (sql !== undefined && typeof sql !== "string") {
    throw invalid("The option validShardSchemasSql of migrate() is no text.");
  }
  for (const name of known.filter((part) => part !== "after")) {
    if (typeof parts[name] !== "string") {
      throw invalid(`The action ${type} of migrate() needs a ${name}, which is a text.`);
    }
  }
  const { after = [] } = parts;
  if (!Array.isArray(after) || after.some((hook) => typeof hook !== "function")) {
    throw invalid("In the action apply of migrate(), after is no array of functions.");
  }
  // As in 2.x, where the digest alone needs none; the command would take those of the environment.
  if (type !== "digest" && [hosts ?? []].flat().every((one) => one === "")) {
    throw invalid("migrate() was given no hosts.");
  }
  if (options.migDir === "") {
    throw invalid("migrate() was given no migDir.");
  }
  const isRollout = options.waves !== undefined || options.wave !== undefined;
  if (isRollout && (type !== "apply" || dry === true)) {
    throw invalid("migrate() takes waves and a wave for an apply that is no dry run alone.");
  }
  if (dry === true && (type === "make" || type === "chain")) {
    throw invalid(`The action ${type} of migrate() writes files: it has no dry run.`);
  }
}

function invalid(message: string, hint?: string): PgMigError {
  return invalidOption("migrate()", message, hint);
}
