import type { ErrorLocation, Place, VersionPlaces } from "@pg-mig/model";
import type { Blocker } from "./blocker.js";
import type { BuildProgress } from "./build-progress.js";
import type { PlacedStep } from "./step-set.js";

/** What a run does to a shard's ledger: adds the version, or removes it. */
export type RunAction = "apply" | "undo";

/** An error as plain data, so that events survive `JSON.stringify`. */
export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly where?: ErrorLocation;
  /** What PostgreSQL said, if the error came from a server. */
  readonly server?: {
    readonly sqlState?: string;
    readonly message: string;
    readonly detail?: string;
    readonly hint?: string;
    readonly context?: string;
  };
  /** The source line of the error with a caret under the column, as two lines of text. */
  readonly excerpt?: string;
}

/** What runs on a node: a version on a shard, or the file of a hook. */
interface AtWork {
  readonly node: string;
  readonly shard?: string;
  readonly version?: string;
  readonly file?: string;
}

/**
 * Why a step went back to its node's queue instead of running now:
 * - `shard-taken`: another run works on this shard at the moment;
 * - `ledger-changed`: the ledger is not what the plan was made from; the chain is planned anew;
 * - `lock-timeout`, `deadlock`, `serialization`: the server ended it, and a repeat can succeed;
 * - `connection-lost`: the connection broke; the ledger decides whether it is run again;
 * - `no-connection`: the server takes no more connections; fewer shards of its node run at a time;
 * - `out-of-memory`: the server had no room for more locks, or no memory; likewise.
 */
export type RequeueReason =
  | "shard-taken"
  | "ledger-changed"
  | "lock-timeout"
  | "deadlock"
  | "serialization"
  | "connection-lost"
  | "no-connection"
  | "out-of-memory";

/**
 * Why the throttle pauses a node: a standby lags, too many sessions are active or wait for locks of the run, the
 * query `hold` says so, or nobody can tell.
 */
export type ThrottleReason = "lagMs" | "lagBytes" | "active" | "blocked" | "hold" | "unknown";

/** A version whose file is not the one that was applied, and where that was. */
export type EditedFile = VersionPlaces;

/** Where planned steps are to run: how many on each node, and how many of each version. */
export interface PlannedWork {
  readonly stepsByNode: readonly { readonly node: string; readonly steps: number }[];
  /** In the order in which a shard gets them. */
  readonly stepsByVersion: readonly { readonly version: string; readonly steps: number }[];
}

/**
 * Everything that happens in a run, in order, as plain data. All renderers (live view, plain lines,
 * JSON lines) and all programs read this one stream; nothing else leaves the executor.
 *
 * Durations are in milliseconds and end in `Ms`. `node` is always the node's label.
 */
export type RunEvent =
  /**
   * First event of every run, except for notes and `node:…` events while it is planned. `chains`
   * is the number of shards with work, `steps` that of versions to run on them.
   */
  | ({
      readonly type: "run:start";
      readonly action: RunAction;
      readonly nodes: readonly string[];
      /** `host:port/database` of each, in the same order. */
      readonly addresses: readonly string[];
      readonly shards: number;
      readonly chains: number;
      readonly steps: number;
    } & PlannedWork)
  /**
   * There is more to do. Schemas that appeared during the run have pending versions, which are added to
   * the totals; or steps vanished, which were counted before.
   */
  | ({
      readonly type: "round:start";
      readonly round: number;
      readonly chains: number;
      readonly steps: number;
    } & PlannedWork)
  /**
   * A wave of the rollout starts, the `number`th `of` so many. It has so many shards, and steps to run on
   * `chains` of them. It starts again if steps of it vanished, or shards appeared.
   */
  | {
      readonly type: "wave:start";
      readonly wave: string;
      readonly number: number;
      readonly of: number;
      readonly shards: number;
      readonly chains: number;
      readonly steps: number;
    }
  /** Nothing is pending any more on the shards of a wave that was started. */
  | { readonly type: "wave:done"; readonly wave: string; readonly shards: number }
  /** A wave that is done is left alone for so much longer before the next one starts. */
  | { readonly type: "wave:soak"; readonly wave: string; readonly leftMs: number }
  /** The gate after a wave has answered; `no` ends the run if it was said often enough in a row. */
  | {
      readonly type: "gate";
      readonly wave: string;
      readonly answer: "yes" | "no";
      readonly why: string;
    }
  /** before.sql or after.sql starts on a node. If the run is interrupted, no other event follows it. */
  | { readonly type: "hook:start"; readonly node: string; readonly file: string }
  | {
      readonly type: "hook:done";
      readonly node: string;
      readonly file: string;
      readonly durationMs: number;
    }
  | {
      readonly type: "hook:failed";
      readonly node: string;
      readonly file: string;
      readonly durationMs: number;
      readonly error: ErrorInfo;
    }
  | ({ readonly type: "step:start" } & PlacedStep)
  /** Committed, together with its ledger entry. */
  | ({ readonly type: "step:done"; readonly durationMs: number } & PlacedStep)
  /** Another run applied (or undid) it first; nothing was done. */
  | ({ readonly type: "step:already-done" } & PlacedStep)
  /**
   * What runs waits for others: for a lock, or, as `CREATE INDEX CONCURRENTLY` does, for transactions
   * to end. Sent after a few tenths of a second of waiting, again when the blockers change, and with an
   * empty list when the wait ends and the work goes on.
   */
  | ({ readonly type: "step:waiting"; readonly blockedBy: readonly Blocker[] } & AtWork)
  /** Progress of an index build; sent when it changes, at most a few times a second. */
  | ({ readonly type: "step:progress" } & BuildProgress & AtWork)
  /**
   * A version locks something outside of its shard, as the setting `containment` tells. Sent once for each version and
   * object, when a step that does so is committed; in how many shards it did is a warning at the end of the run.
   */
  | ({
      readonly type: "step:outside";
      /** Its name as SQL text, with the schema; of what is no relation, with its kind. */
      readonly object: string;
      /** The modes, in PostgreSQL's words: `AccessExclusiveLock`. */
      readonly locks: readonly string[];
    } & PlacedStep)
  /**
   * It was committed, by this run or before it, and is gone: a failover lost what was not replicated,
   * or somebody undid it. It counts as not done again, and is run again if the run continues.
   */
  | ({ readonly type: "step:vanished"; readonly doneBy: "this-run" | "earlier-run" } & PlacedStep)
  /**
   * Rolled back; will be tried again, not before `delayMs` from now. `blockedBy`, if known: whom it was
   * last seen waiting for (`lock-timeout`), or who holds the shard (`shard-taken`).
   */
  | ({
      readonly type: "step:requeued";
      readonly reason: RequeueReason;
      readonly attempt: number;
      readonly delayMs: number;
      readonly blockedBy?: readonly Blocker[];
    } & PlacedStep)
  /**
   * Rolled back for good. The chain ends here: `notAttempted` are its later versions. `blockedBy`: who
   * blocked it, if it failed for that reason and the blocker is known.
   */
  | ({
      readonly type: "step:failed";
      readonly durationMs: number;
      readonly error: ErrorInfo;
      readonly notAttempted: readonly string[];
      readonly blockedBy?: readonly Blocker[];
    } & PlacedStep)
  /** The connection broke during COMMIT and the ledger could not be read since: it is unknown whether it is applied. */
  | ({
      readonly type: "step:in-doubt";
      readonly error: ErrorInfo;
      readonly notAttempted: readonly string[];
    } & PlacedStep)
  /** A chain that was never started, or not finished, and why. */
  | ({ readonly type: "chain:abandoned" } & AbandonedChain)
  /**
   * So many shards have failed that nothing new starts; what runs goes on to its end. `failed` is how many,
   * on `node` if the limit is one of nodes.
   */
  | {
      readonly type: "budget:spent";
      readonly limit: "failed" | "failedPercent" | "failedPerNode";
      readonly failed: number;
      readonly node?: string;
      readonly message: string;
    }
  | NodeEvent
  /**
   * The throttle pauses the node: nothing new starts there, what runs goes on to its end, and so do other nodes.
   * It comes again if the reasons change.
   */
  | {
      readonly type: "node:paused";
      readonly node: string;
      readonly reasons: readonly ThrottleReason[];
      /** The same with what was read, in words. */
      readonly why: string;
    }
  /** The throttle lets the node go on. */
  | { readonly type: "node:resumed"; readonly node: string; readonly pausedMs: number }
  /** Good to know, and no problem: a replica that is skipped, a server that the run waits for. */
  | { readonly type: "note"; readonly message: string }
  | ({ readonly type: "warning" } & Warning)
  /** A line printed by `\echo`, `\warn` or a query in a migration file. */
  | {
      readonly type: "output";
      readonly node: string;
      readonly shard?: string;
      readonly version?: string;
      readonly file: string;
      readonly line: string;
    }
  /** Last event of every run. */
  | { readonly type: "run:done"; readonly report: Report };

/** Whether a node can be reached. `away` comes again if the reason changes; `lost` can follow alone. */
export type NodeEvent =
  /** It accepts no connection. The run waits for it, at most `leftMs` from now; other nodes go on. */
  | {
      readonly type: "node:away";
      readonly node: string;
      readonly error: ErrorInfo;
      readonly leftMs: number;
    }
  | { readonly type: "node:back"; readonly node: string; readonly awayMs: number }
  /** It stayed away, or cannot be worked on. The run no longer waits for it. */
  | {
      readonly type: "node:lost";
      readonly node: string;
      readonly error: ErrorInfo;
      readonly awayMs: number;
    };

/** How a run ended. */
export type RunOutcome = "done" | "nothing-to-do" | "failed" | "interrupted" | "paused";

/** A step that failed or is in doubt. */
export interface StepFailure extends PlacedStep {
  readonly error: ErrorInfo;
  readonly notAttempted: readonly string[];
  /** Who blocked it, if it failed for that reason and the blocker is known. */
  readonly blockedBy?: readonly Blocker[];
}

/**
 * A shard whose chain was not started, or not finished, without a failure of its own: the run was interrupted,
 * its node was lost, before.sql failed, a bug of the tool ended the run, it was paused, or stopped, as
 * `stoppedBy` of the report says.
 */
export interface AbandonedChain extends Place {
  readonly reason: "interrupted" | "node-lost" | "hook-failed" | "bug" | "paused" | "stopped";
  /** The versions that are left. */
  readonly notAttempted: readonly string[];
}

/** A failure of before.sql or after.sql. */
export interface HookFailure {
  readonly node: string;
  readonly file: string;
  readonly error: ErrorInfo;
}

/**
 * A warning of the server, or of the tool, while a version ran on a shard; or one of the tool about
 * a node, a version or the run, with the fields that say which.
 */
export interface Warning {
  readonly node?: string;
  readonly shard?: string;
  readonly version?: string;
  readonly message: string;
}

/** Who ran it, from where, and with what, as far as it is known. */
export interface RunOrigin {
  /** The account, and the machine. */
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  /** The program and its version: `pg-mig 3.1.0`. */
  readonly program?: string | undefined;
  /** The commit of the Git repository that the migration directory is in. */
  readonly commit?: string | undefined;
}

/** How long steps took that were done: how many there were, in the mean, and the longest. */
export interface StepDurations {
  readonly count: number;
  readonly meanMs: number;
  readonly longestMs: number;
}

/** The steps of a version. */
export interface VersionDurations extends StepDurations {
  readonly version: string;
}

/** The steps of a node, when the first one started and when the last one ended, counted from the start of the run. */
export interface NodeDurations extends StepDurations {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many steps ended in each piece of a run: `done[0]` in its first `everyMs`. */
export interface TimeLine {
  readonly everyMs: number;
  readonly done: readonly number[];
  readonly failed: readonly number[];
}

/** What a run did. Every planned step is counted in exactly one of the numbers. */
export interface Report {
  readonly action: RunAction;
  /** When it started, in ISO 8601, by the clock of the machine that it ran on. */
  readonly startedAt: string;
  readonly origin: RunOrigin;
  /** `host:port/database` of each node that was worked on. */
  readonly addresses: readonly string[];
  readonly outcome: RunOutcome;
  readonly durationMs: number;
  /** Steps that were planned, rounds included. */
  readonly planned: number;
  /** Steps committed by this run. */
  readonly done: number;
  /** Steps that another run had done meanwhile. */
  readonly alreadyDone: number;
  readonly failed: readonly StepFailure[];
  /** Steps whose COMMIT got no answer and whose ledger could not be read since. */
  readonly inDoubt: readonly StepFailure[];
  /** Steps that were planned and never ran. */
  readonly notAttempted: number;
  /** Shards whose chain was not started, or not finished, without a failure of its own, and why. */
  readonly abandoned: readonly AbandonedChain[];
  /** Nodes that the run gave up waiting for and that did not come back, and why. */
  readonly lostNodes: readonly { readonly node: string; readonly error: ErrorInfo }[];
  /** Nodes that the throttle paused: why at last, and for how long in all. Missing: none. */
  readonly pausedNodes?: readonly {
    readonly node: string;
    readonly why: string;
    readonly pausedMs: number;
  }[];
  readonly hookFailures: readonly HookFailure[];
  /** Warnings of the servers and of the tool, in the order in which they came. */
  readonly warnings: readonly Warning[];
  /** How many more warnings of servers came than the 10,000 that are listed; missing: none. */
  readonly unlistedWarnings?: number;
  /** Versions that were done, each with the shards it was done on, in the order of versions, nodes, shards. */
  readonly doneByVersion: readonly VersionPlaces[];
  /** The latest version of every shard, as it was read at the end, from the last name to the first. */
  readonly latest: readonly VersionPlaces[];
  /** Files that were edited after they were applied. */
  readonly edited: readonly EditedFile[];
  /** By version, in the order of their names. Steps that another run did are in none of these. */
  readonly durationsByVersion: readonly VersionDurations[];
  /** By node, in the order in which they began. */
  readonly durationsByNode: readonly NodeDurations[];
  /** The twenty steps that took longest, the longest first. */
  readonly slowest: readonly (PlacedStep & { readonly durationMs: number })[];
  readonly timeLine: TimeLine;
  /** Why the run ended before it was through, if it was paused. */
  readonly pausedBy?: string;
  /** Why nothing new was started after some moment, if too much had failed. */
  readonly stoppedBy?: string;
  /** Present if the run was limited to some nodes and shards: others may have pending versions. */
  readonly partial?: true;
  /** What went wrong after the run had begun, if it concerns the run itself and no single step. */
  readonly error?: ErrorInfo;
}
