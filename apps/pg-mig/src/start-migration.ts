import process from "node:process";
import { apply, hosts, type NodeDefaults, type RunOptions, undo } from "@pg-mig/migrate";
import { defaults, type RolloutWave, type StopAt, type Throttle } from "@pg-mig/model";
import type { Run } from "@pg-mig/report";
import { accountName } from "./account.js";
import { invalidOption, refuseUnknown } from "./invalid-option.js";

/** How a version reaches the shards: as `rollout` and `throttle` of a config file, with times in milliseconds. */
export interface RolloutOptions {
  /** The waves but the last, `rest`, which has all other shards. An undo has none. @default [], all at once */
  readonly waves?: readonly RolloutWave[] | undefined;
  /** The wave after which the run pauses; `next`: the first that is not done. @default none */
  readonly wave?: string | undefined;
  /** When so many shards have failed, nothing new starts. @default never */
  readonly stopAt?: StopAt | undefined;
  /** When a node is left alone for a while. @default never */
  readonly throttle?: Throttle | undefined;
}

/** What a run takes as it is given. */
const runOptionNames = [
  "validShardSchemasSql",
  "parallelism",
  "maxSessions",
  "lockTimeoutMs",
  "retryForMs",
  "waitMs",
  "allowPooler",
  "beside2x",
  "force",
  "env",
  "allowShell",
  "signal",
  "stopAt",
  "throttle",
] as const satisfies readonly (keyof RunOptions)[];

/** Options of {@link startMigration}. */
export interface StartMigrationOptions
  extends RolloutOptions,
    Pick<RunOptions, (typeof runOptionNames)[number]> {
  /** The migration directory. */
  readonly migDir: string;
  /** The nodes: `host`, `host:port`, `host:port/db` or `postgres://` URLs, as in `--hosts`. */
  readonly hosts: string | readonly string[];
  /** For what `hosts` leaves out. @default 5432 */
  readonly port?: number | undefined;
  /** For what `hosts` leaves out. @default the name of the account */
  readonly user?: string | undefined;
  /** For what `hosts` leaves out. */
  readonly pass?: string | undefined;
  /** For what `hosts` leaves out. @default the name of the user */
  readonly db?: string | undefined;
  /** libpq's word for how connections are encrypted. @default "prefer" */
  readonly sslMode?: NodeDefaults["sslMode"] | undefined;
  /** What to do. @default { type: "apply" } */
  readonly action?:
    | { readonly type: "apply" }
    | { readonly type: "undo"; readonly version: string }
    | undefined;
  /** Make databases that are missing, and wait for servers that are still starting. @default false */
  readonly createDB?: boolean | undefined;
}

/** What only an apply takes. */
const applyOptionNames = ["createDB", "waves", "wave"] as const;

const ownOptionNames = [
  ...["migDir", "hosts", "port", "user", "pass", "db", "sslMode", "action"],
  ...applyOptionNames,
];

/**
 * Applies migrations, or undoes one, from a program: prints nothing, reads no config file and no
 * environment, and never ends the process.
 *
 * Iterate over the run for its events, await its `result` for the report. `result` rejects with a
 * `PgMigError` for what is found before anything is changed; a shard that fails is in the report.
 *
 * @throws PgMigError `MIGRATE_OPTION_INVALID`, at once, for an option that does not exist, or that an undo does not take
 *
 * @example
 * const { outcome, failed } = await startMigration({ migDir: "mig", hosts: "db1,db2" }).result;
 */
export function startMigration(options: StartMigrationOptions): Run {
  const { migDir, hosts: list, port = defaults.port, user, pass, db, sslMode, ...others } = options;
  const { action = { type: "apply" }, createDB, waves, wave, ...asGiven } = others;
  const call = "startMigration()";
  refuseUnknown(call, "option", Object.keys(options), [...ownOptionNames, ...runOptionNames]);
  refuseUnknown(call, "action", [action.type], ["apply", "undo"]);
  const runOptions = {
    ...asGiven,
    migrationDirectory: migDir,
    sources: [hosts(list)],
    defaults: {
      port,
      user: user ?? accountName(process.env),
      password: pass,
      database: db,
      sslMode: sslMode ?? defaults.sslMode,
    },
  };
  if (action.type === "apply") {
    return apply({ ...runOptions, createDatabase: createDB, waves, wave });
  }
  const idle = applyOptionNames.find((name) => options[name] !== undefined);
  if (idle !== undefined) {
    throw invalidOption(call, `An undo of ${call} takes no ${idle}.`);
  }
  return undo({ ...runOptions, version: action.version });
}
