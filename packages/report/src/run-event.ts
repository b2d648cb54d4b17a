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
  /** What PostgreSQL said, where the error came from a server. */
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

/** A version whose file is not the one that was applied, and where that was. */
export type EditedFile = VersionPlaces;

/**
 * Everything that happens in a run, in order, as plain data. All renderers (live view, plain lines,
 * JSON lines) and all programs read this one stream; nothing else leaves the executor.
 *
 * Durations are in milliseconds and end in `Ms`. `node` is always the node's label.
 */
export type RunEvent =
  /**
   * First event of every run, but for notes and nodes that are away on the way to its plan. `chains`
   * is the number of shards with work, `steps` that of versions to run on them.
   */
  | {
      readonly type: "run:start";
      readonly action: RunAction;
      readonly nodes: readonly string[];
      /** `host:port/database` of each, in the same order. */
      readonly addresses: readonly string[];
      readonly shards: number;
      readonly chains: number;
      readonly steps: number;
    }
  /**
   * There is more to do: schemas appeared during the run and have pending versions, by which the
   * totals grow; and steps that vanished, which were counted before.
   */
  | {
      readonly type: "round:start";
      readonly round: number;
      readonly chains: number;
      readonly steps: number;
    }
  /** before.sql or after.sql starts on a node; where the run is interrupted, nothing follows on it. */
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
   * to end. It comes when that has lasted some tenths of a second, again when it is others that are
   * waited for, and with nobody when the wait is over while the work goes on.
   */
  | ({ readonly type: "step:waiting"; readonly blockedBy: readonly Blocker[] } & AtWork)
  /** How far the index is that is being built; comes when that has changed, some times a second at most. */
  | ({ readonly type: "step:progress" } & BuildProgress & AtWork)
  /**
   * It was committed, by this run or before it, and is gone: a failover lost what was not replicated,
   * or somebody undid it. It counts as not done again, and comes again where the run goes on.
   */
  | ({ readonly type: "step:vanished"; readonly doneBy: "this-run" | "earlier-run" } & PlacedStep)
  /**
   * Rolled back; will be tried again, not before `delayMs` from now. `blockedBy`: for whom it waited
   * when it was seen last (`lock-timeout`), or who holds the shard (`shard-taken`), where that is known.
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
   * stood in its way, where it failed for that and it is known.
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
  /** A chain that was never started, or not finished, because the run was interrupted or its node was lost. */
  | ({ readonly type: "chain:abandoned" } & AbandonedChain)
  | NodeEvent
  /** What the user should know and is nothing bad: a replica that is skipped, a server waited for. */
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
  /** It lets nobody in. The run waits for it, for `leftMs` from now at most; other nodes go on. */
  | {
      readonly type: "node:away";
      readonly node: string;
      readonly error: ErrorInfo;
      readonly leftMs: number;
    }
  | { readonly type: "node:back"; readonly node: string; readonly awayMs: number }
  /** It stayed away, or cannot be worked on: it is not waited for any more. */
  | {
      readonly type: "node:lost";
      readonly node: string;
      readonly error: ErrorInfo;
      readonly awayMs: number;
    };

/** How a run ended. */
export type RunOutcome = "done" | "nothing-to-do" | "failed" | "interrupted";

/** What became of one failed or doubtful step. */
export interface StepFailure extends PlacedStep {
  readonly error: ErrorInfo;
  readonly notAttempted: readonly string[];
  /** Who stood in its way, where it failed for that and it is known. */
  readonly blockedBy?: readonly Blocker[];
}

/** A shard whose chain was not started, or not finished, without a failure of its own. */
export interface AbandonedChain extends Place {
  readonly reason: "interrupted" | "node-lost" | "hook-failed";
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

/** What a run did. Every planned step is counted in exactly one of the numbers. */
export interface Report {
  readonly action: RunAction;
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
  /** There where the run was limited to some nodes and shards: others may still be behind. */
  readonly partial?: true;
  /** What went wrong with the run itself, and with no single step, after it had begun. */
  readonly error?: ErrorInfo;
}
