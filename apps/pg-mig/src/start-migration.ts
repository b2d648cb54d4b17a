import process from "node:process";
import { apply, hosts, type NodeDefaults, undo } from "@pg-mig/migrate";
import { defaults, type RolloutWave, type StopAt, type Throttle } from "@pg-mig/model";
import type { Run } from "@pg-mig/report";
import { accountName } from "./account.js";

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

/** Options of {@link startMigration}. */
export interface StartMigrationOptions extends RolloutOptions {
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
  /**
   * A query, run on each node, whose first column names the schemas that count as shards. A schema
   * that equals its prefix counts always. @default all schemas count
   */
  readonly validShardSchemasSql?: string | undefined;
  /** What to do. @default { type: "apply" } */
  readonly action?:
    | { readonly type: "apply" }
    | { readonly type: "undo"; readonly version: string }
    | undefined;
  /** Make databases that are missing, and wait for servers that are still starting. @default false */
  readonly createDB?: boolean | undefined;
  /** Chains in flight per node. @default 10 */
  readonly parallelism?: number | undefined;
  /** Chains in flight over all nodes, each in a session of its own. @default 1000 */
  readonly maxSessions?: number | undefined;
  /** The longest that a version waits for a lock before it is put back, in milliseconds. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
  /** For how long such a version is tried again, in milliseconds. @default 600000 */
  readonly retryForMs?: number | undefined;
  /** How long to wait for another run on the same nodes, in milliseconds. @default 0, not at all */
  readonly waitMs?: number | "unlimited" | undefined;
  /** Work through a pooler in transaction mode, without the lock that keeps other runs away. @default false */
  readonly allowPooler?: boolean | undefined;
  /** Run even if pg-mig 2.x seems to be at work on a node. @default false */
  readonly beside2x?: boolean | undefined;
  /** Run before.sql and after.sql even if no version is pending. @default false */
  readonly force?: boolean | undefined;
  /** The environment that psql commands in the files see. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether backticks and `\!` in the files run shell commands. @default false */
  readonly allowShell?: boolean | undefined;
  /** Ends the run: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Applies migrations, or undoes one, from a program: prints nothing, reads no config file and no
 * environment, and never ends the process.
 *
 * Iterate over the run for its events, await its `result` for the report. `result` rejects with a
 * `PgMigError` for what is found before anything is changed; a shard that fails is in the report.
 *
 * @example
 * const { outcome, failed } = await startMigration({ migDir: "mig", hosts: "db1,db2" }).result;
 */
export function startMigration(options: StartMigrationOptions): Run {
  const { migDir, port = defaults.port, pass, db, createDB } = options;
  const { sslMode = defaults.sslMode } = options;
  const { user = accountName(process.env), action = { type: "apply" } } = options;
  const { parallelism, maxSessions, lockTimeoutMs, retryForMs, waitMs, allowPooler, beside2x } =
    options;
  const { force, env, allowShell, signal, validShardSchemasSql } = options;
  const { waves, wave, stopAt, throttle } = options;
  const runOptions = {
    migrationDirectory: migDir,
    validShardSchemasSql,
    sources: [hosts(options.hosts)],
    defaults: { port, user, password: pass, database: db, sslMode },
    parallelism,
    maxSessions,
    lockTimeoutMs,
    retryForMs,
    waitMs,
    allowPooler,
    beside2x,
    force,
    env,
    allowShell,
    signal,
    stopAt,
    throttle,
  };
  return action.type === "undo"
    ? undo({ ...runOptions, version: action.version })
    : apply({ ...runOptions, createDatabase: createDB, waves, wave });
}
