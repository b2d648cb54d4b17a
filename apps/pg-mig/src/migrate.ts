import { homedir } from "node:os";
import nodeProcess from "node:process";
import { mergeSettings } from "@pg-mig/config";
import { nearestWord, PgMigError } from "@pg-mig/model";
import { accountName } from "./account-name.js";
import type { Action } from "./action-context.js";
import { exitStatus } from "./exit-status.js";
import { uninterrupted } from "./interruption.js";
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
  | { readonly type: "digest" }
  | { readonly type: "chain" };

/** Options of {@link migrate}: those of pg-mig 2.x. */
export interface MigrateOptions {
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
  /** Print lines, and draw nothing over. @default whether stderr is no terminal */
  readonly ci?: boolean | undefined;
  readonly action: MigrateAction;
}

const optionNames = [
  ...["migDir", "hosts", "port", "user", "pass", "db", "createDB"],
  ...["parallelism", "dry", "force", "ci", "action"],
];
const actionNames = ["apply", "undo", "make", "list", "digest", "chain"];

/** What later versions of 2.x have, and this package has not. */
const notYet = ["validShardSchemasSql", "list-db"];

/**
 * Does what the command does, as the function of this name in pg-mig 2.x: prints to this process's
 * stdout and stderr, and resolves to whether all went well. Reads no config file. For events instead of
 * printed lines see `startMigration`.
 *
 * @throws PgMigError `MIGRATE_OPTION_UNKNOWN` for an option or action that does not exist; and whatever
 * is found wrong before anything is changed
 */
export async function migrate(options: MigrateOptions): Promise<boolean> {
  const { action } = options;
  refuseUnknown("option", Object.keys(options), optionNames);
  refuseUnknown("action", [String(action?.type)], actionNames);
  const { env } = nodeProcess;
  const cwd = nodeProcess.cwd();
  const given = (value: string | undefined) => (value === "" ? undefined : value);
  const settings = mergeSettings({
    flags: {
      migdir: options.migDir,
      hosts: options.hosts.length === 0 ? undefined : options.hosts,
      port: options.port,
      user: given(options.user),
      pass: given(options.pass),
      db: given(options.db),
      createdb: options.createDB,
      // 2.x takes 0 for its default.
      parallelism: options.parallelism || undefined,
      force: options.force,
    },
    layers: [],
    env,
    cwd,
    os: { user: accountName(env), home: homedir(), uid: nodeProcess.geteuid?.() },
    connects: ["apply", "undo"].includes(action.type),
  });
  const after = action.type === "apply" ? (action.after ?? []) : [];
  const terminals = options.ci === true ? { ...env, CI: "true" } : env;
  const act = await actionOf(action, options.dry === true);
  const status = await act({
    settings: { ...settings, ...secretsOf(settings), after },
    stdout: createTerminal(nodeProcess.stdout, terminals),
    stderr: createTerminal(nodeProcess.stderr, terminals),
    cwd,
    env,
    interruption: uninterrupted,
  });
  return status === exitStatus.done;
}

/** What a copy of the settings would lack: it is not enumerable. */
function secretsOf(settings: ReturnType<typeof mergeSettings>) {
  const { hosts, password, discovery, exported, startupParameters } = settings;
  return { hosts, password, discovery, exported, startupParameters };
}

async function actionOf(action: MigrateAction, dry: boolean): Promise<Action> {
  if (dry && (action.type === "apply" || action.type === "undo")) {
    const { dryRunAction } = await import("./actions/dry-run.js");
    const undo = action.type === "undo" ? action.version : undefined;
    return (context) => dryRunAction({ undo, sql: false }, context);
  }
  switch (action.type) {
    case "apply":
      return (await import("./actions/apply.js")).applyAction;
    case "undo": {
      const { undoAction } = await import("./actions/undo.js");
      return (context) => undoAction(action.version, context);
    }
    case "make": {
      const { makeAction } = await import("./actions/make.js");
      return (context) => makeAction(action.name, context);
    }
    case "list":
      return (await import("./actions/list.js")).listAction;
    case "digest":
      return (await import("./actions/digest.js")).digestAction;
    case "chain":
      return (await import("./actions/chain.js")).chainAction;
  }
}

function refuseUnknown(
  kind: "option" | "action",
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) {
    return;
  }
  const nearest = nearestWord(unknown, known);
  const meant = nearest === undefined ? "" : `Did you mean ${nearest}? `;
  throw new PgMigError(
    notYet.includes(unknown)
      ? `migrate() does not have the ${kind} "${unknown}" yet.`
      : `migrate() has no ${kind} "${unknown}".`,
    {
      code: "MIGRATE_OPTION_UNKNOWN",
      hint: `${meant}It takes ${known.join(", ")}.`,
    },
  );
}
