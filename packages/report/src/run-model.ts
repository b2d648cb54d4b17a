import type { Place } from "@pg-mig/model";
import type { Blocker } from "./blocker.js";
import type { BuildProgress } from "./build-progress.js";
import { shownShard } from "./collapse-shards.js";
import type { Pace } from "./pace.js";
import type { AbandonedChain, RunAction, StepFailure } from "./report.js";
import type { StepCounts } from "./step-counts.js";

/** What runs at the moment in one slot of a node. */
export interface RunningWork {
  readonly node: string;
  /** The shard; undefined while before.sql or after.sql runs. */
  readonly shard: string | undefined;
  /** The version, or the file's name. */
  readonly what: string;
  readonly startedAtMs: number;
  /** Whom it waits for; undefined: nobody, as far as is known. */
  readonly blockedBy?: readonly Blocker[] | undefined;
  /** Progress of the index that it builds. */
  readonly progress?: BuildProgress;
}

/** Steps that failed for one reason so far. */
export interface FailureCount {
  /** The first of them. */
  readonly first: StepFailure;
  readonly count: number;
}

/** A node that accepts no connection, and until when the run waits for it. */
export interface AwayNode {
  readonly message: string;
  readonly untilMs: number;
}

/** A node that the throttle pauses. */
export interface PausedNode {
  readonly why: string;
  readonly sinceMs: number;
}

/** The wave that a run is in, or has done last. */
export interface CurrentWave {
  readonly name: string;
  /** The which of how many it is, from 1; missing: it is done. */
  readonly number?: number;
  readonly of?: number;
  /** Until when it is left alone, now that it is done. */
  readonly soaksUntilMs?: number;
  /** What its gate has answered last, after the soak. */
  readonly gate?: { readonly answer: "yes" | "no"; readonly why: string };
}

/** A shard on which others are in the way of a version. */
export interface HeldUpShard extends Place {
  readonly version: string;
  /** Empty: nobody was seen. */
  readonly blockedBy: readonly Blocker[];
}

/**
 * The state of a run at a moment. {@link RunReducer} owns it and changes it in place: read it when you
 * draw it, and keep no part of it.
 */
export interface RunModel {
  readonly action: RunAction;
  readonly startedAtMs: number;
  /** `host:port/database` of each node. */
  readonly addresses: readonly string[];
  /**
   * What runs on each node, nodes in the order of `run:start`. A slot that is free holds undefined,
   * so that the others keep their place on the screen.
   */
  readonly slots: ReadonlyMap<string, readonly (RunningWork | undefined)[]>;
  /** Nodes that are waited for: what they have at hand gets nowhere meanwhile. */
  readonly away: ReadonlyMap<string, AwayNode>;
  /** Nodes that the throttle pauses: what runs there goes on, nothing new starts. */
  readonly paused: ReadonlyMap<string, PausedNode>;
  /** How many shards the nodes have, those without work included. */
  readonly shards: number;
  /** Planned steps, rounds included. */
  readonly planned: number;
  /** What became of the steps of each node, in the order of `run:start`. */
  readonly nodes: ReadonlyMap<string, Readonly<StepCounts>>;
  /** What became of the steps of each version, in the order in which a shard gets them. */
  readonly versions: ReadonlyMap<string, Readonly<StepCounts>>;
  /** How long a step of a version took of late, in milliseconds; undefined: none was done. */
  meanMsOf(version: string): number | undefined;
  /** How many steps this run has committed; those that vanished do not count. */
  readonly done: number;
  /** How many steps another run had done first. */
  readonly alreadyDone: number;
  readonly failed: readonly StepFailure[];
  readonly inDoubt: readonly StepFailure[];
  readonly abandoned: readonly AbandonedChain[];
  /** How many came. */
  readonly warnings: number;
  /** How many steps were given up unrun so far. */
  readonly givenUp: number;
  /** How often a step went back to its queue. */
  readonly requeued: number;
  /** The shards whose step went back to its queue because of others, until that step has ended; oldest first. */
  readonly heldUp: ReadonlyMap<string, HeldUpShard>;
  /** Whether a chain was given up because of an interruption. */
  readonly interrupted: boolean;
  /** What failed, or is in doubt, by reason, in the order of first appearance. */
  readonly failureCounts: ReadonlyMap<string, FailureCount>;
  readonly pace: Pace;
  readonly wave: CurrentWave | undefined;
  /** Time that is left, as of the last full second; undefined: nobody can tell. */
  readonly remainingMs: number | undefined;
  /** How long nothing has gone on; undefined while something does. */
  readonly standstillMs: number | undefined;
}

/** All that runs at the moment, sorted by node and slot; nothing runs on a node that is away. */
export function runningWork({ slots, away }: RunModel): RunningWork[] {
  return [...slots].flatMap(([node, busy]) =>
    away.has(node) ? [] : busy.filter((slot) => slot !== undefined),
  );
}

/** Where work runs, as it is shown: `node1:sh0007`, or the node alone. */
export function placeOfWork({ node, shard }: Pick<RunningWork, "node" | "shard">): string {
  return shard === undefined ? node : `${node}:${shownShard(shard)}`;
}

/** Steps that were run, well or not, by this run or another one. Those that are given up are no progress. */
export function finishedSteps({ done, alreadyDone, failed, inDoubt }: RunModel): number {
  return done + alreadyDone + failed.length + inDoubt.length;
}
