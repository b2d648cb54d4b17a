import type { DiscoverySource, NodeDefaults } from "@pg-mig/cluster";
import type { RolloutWave, StopAt, Throttle } from "@pg-mig/model";
import type { RunOrigin } from "@pg-mig/report";
import type { Only } from "@pg-mig/sessions";
import type { PlanFile } from "./plan-file.js";

/** What every action that reads the cluster is told. */
export interface ClusterOptions {
  /** Where the nodes come from. */
  readonly sources: readonly DiscoverySource[];
  /** What a source leaves out of a node's address. */
  readonly defaults: NodeDefaults;
  /**
   * Limits the action to some nodes and shards. A run that is limited saves no digest, and leaves
   * before.sql and after.sql due on its nodes: the next one that is not finishes the rest.
   * @default all of them
   */
  readonly only?: Only | undefined;
  /**
   * A query, run on each node in a read-only transaction, whose first column names the schemas that
   * count as shards. A schema that equals its prefix counts always. Names in it need their schema.
   * @default all schemas count
   */
  readonly validShardSchemasSql?: string | undefined;
  /** The migration directory. */
  readonly migrationDirectory: string;
  /** Ends the action: nothing new starts, what runs is cancelled and rolled back. */
  readonly signal?: AbortSignal | undefined;
}

/** What the actions that are no runs are told besides: a run has events for it. */
export interface NoteOptions {
  /** Told what the user should know and is no error. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** What the actions that change the cluster are told besides. */
export interface RunOptions extends ClusterOptions {
  /** Chains in flight per node. @default 10 */
  readonly parallelism?: number | undefined;
  /**
   * Chains in flight over all nodes, each in a session of its own; a node has one connection more, for the run lock.
   * Before and after the chains, each node has a session for what is done once a node, 64 of them at work at a time.
   * @default 1000
   */
  readonly maxSessions?: number | undefined;
  /** Run before.sql and after.sql even if no version is pending. @default false */
  readonly force?: boolean | undefined;
  /**
   * What a version file that was edited after it was applied is: a `warning` in the report, or an
   * `error` that stops the run before anything is changed.
   * @default "warning"
   */
  readonly editedFiles?: "warning" | "error" | undefined;
  /**
   * What a file is that controls its transactions itself, or ends at a `\q`: a `warning` in the report, or an
   * `error` that stops the run before anything is changed.
   * @default "warning"
   */
  readonly unusualFiles?: "warning" | "error" | undefined;
  /**
   * The environment that psql commands in the files see; `PG_MIG_HOSTS` and the variables of the node
   * (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, …) are added.
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether backticks and `\!` in the files run shell commands. @default false */
  readonly allowShell?: boolean | undefined;
  /**
   * The longest that a statement waits for a lock before its version is rolled back and put to the
   * end of its node's queue, in milliseconds.
   * @default 2000
   */
  readonly lockTimeoutMs?: number | undefined;
  /** For how long such a version is tried again, in milliseconds. @default 600000 */
  readonly retryForMs?: number | undefined;
  /**
   * How long to wait for another run on the same nodes, in milliseconds. Only one run at a time
   * changes a node; 0: where another one does, this one fails at once.
   * @default 0
   */
  readonly waitMs?: number | "unlimited" | undefined;
  /**
   * Whether to work through a pooler in transaction mode, where neither the lock that keeps other
   * runs away nor the settings of a session hold, so that only each version's own transaction guards
   * it. Versions that run outside of a transaction are refused there.
   * @default false
   */
  readonly allowPooler?: boolean | undefined;
  /**
   * Whether to begin, and to go on, while pg-mig 2.x seems to work on a node. It takes no lock, and runs
   * again what this tool has run since it made its plan.
   * @default false
   */
  readonly beside2x?: boolean | undefined;
  /**
   * Whether the shards that a run touched are compared with each other after it, if all its steps were done:
   * with `warn` each difference is a warning, with `fail` the run has failed besides, and saves no digest. A run that has
   * nothing to do but to save a digest compares all shards.
   * @default "off"
   */
  readonly verify?: "off" | "warn" | "fail" | undefined;
  /**
   * Whether the end of each version's transaction is looked at for locks outside of its shard: with `warn` each object is
   * told once for each version, and at the end on how many shards. It does not see what was dropped, nor functions and
   * types that were made.
   * @default "off"
   */
  readonly containment?: "off" | "warn" | undefined;
  /**
   * Pauses the run when it aborts: what runs goes on to its end, nothing new starts, after.sql runs where
   * before.sql did, and the outcome is `paused`. Its reason, if it is a text, is told.
   */
  readonly pause?: AbortSignal | undefined;
  /** Who runs it, from where and with what: the report tells it. @default nobody knows */
  readonly origin?: RunOrigin | undefined;
  /**
   * Whether a run that has something to run leaves a row in the table `public.mig_journal` of each of its nodes. Where
   * that is not possible there is a warning, and the run goes on.
   * @default false
   */
  readonly journal?: boolean | undefined;
  /**
   * When so many shards have failed, nothing new starts: what runs goes on to its end, after.sql runs, and the
   * outcome is `failed`. @default never: a failure ends the chain of its shard only
   */
  readonly stopAt?: StopAt | undefined;
  /**
   * When a node is left alone for a while. Each node is looked at once a second, over one connection more.
   * @default never
   */
  readonly throttle?: Throttle | undefined;
  /**
   * For how long a node that went away is waited for, in milliseconds.
   * @default 60000, or `retryForMs` if that is less
   */
  readonly reconnectForMs?: number | undefined;
}

/** What an apply is told besides. */
export interface ApplyOptions extends RunOptions {
  /**
   * Do what this plan has, and nothing else: on its databases, to which the sources must lead, with its files
   * and versions. No database is made. Incompatible with `force`.
   * @default all that is pending
   */
  readonly planned?: PlanFile | undefined;
  /** Make databases that are missing, and wait for servers that are still starting. @default false */
  readonly createDatabase?: boolean | undefined;
  /**
   * The waves in which the shards get their versions, but for the last, `rest`, which has all others. A wave starts
   * when all before it are done and have soaked; if one is not done, the run ends there. A limited run has
   * waves of its chosen shards.
   * @default [], all shards at once
   */
  readonly waves?: readonly RolloutWave[] | undefined;
  /** The wave after which the run pauses; `next`: the first that is not done. @default none */
  readonly wave?: string | undefined;
}

/** What an undo is told besides. */
export interface UndoOptions extends RunOptions {
  /** The version to undo: its name, or the name of one of its files. */
  readonly version: string;
}
