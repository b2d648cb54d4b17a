import type { Place, VersionPlaces } from "@pg-mig/model";
import type { Blocker } from "./blocker.js";
import type { ErrorInfo } from "./error-info.js";
import type { PlacedStep } from "./step-set.js";

/** What a run does to a shard's ledger: adds the version, or removes it. */
export type RunAction = "apply" | "undo";

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

/** A version whose file is not the one that was applied, and where that was. */
export type EditedFile = VersionPlaces;

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

/** How long the steps that were done took: their number, the mean, and the longest. */
export interface StepDurations {
  readonly count: number;
  readonly meanMs: number;
  readonly longestMs: number;
}

/** Those of a version. */
export interface VersionDurations extends StepDurations {
  readonly version: string;
}

/** Those of a node; when the first one started and the last one ended, counted from the start of the run. */
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

/** A database that a run worked on, whatever it is called elsewhere. */
export interface ReportedNode {
  /** What the report calls it. */
  readonly node: string;
  readonly systemIdentifier: string;
  readonly databaseOid: string;
}

/** What a run did. Every planned step is counted in exactly one of the numbers. */
export interface Report {
  readonly action: RunAction;
  /** When it started, in ISO 8601, by the clock of the machine that it ran on. */
  readonly startedAt: string;
  readonly origin: RunOrigin;
  /** `host:port/database` of each node that was worked on. */
  readonly addresses: readonly string[];
  /** What tells these nodes from others: `undo --run` finds them by it. Missing in a report that no run has made. */
  readonly nodes?: readonly ReportedNode[];
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
  /** What stopped it: its budget was spent, or a gate said no; missing: neither. */
  readonly stoppedFor?: "budget" | "gate";
  /** Present if the run was limited to some nodes and shards: others may have pending versions. */
  readonly partial?: true;
  /** What went wrong after the run had begun, if it concerns the run itself and no single step. */
  readonly error?: ErrorInfo;
}
