import type { Blocker } from "./blocker.js";
import type { BuildProgress } from "./build-progress.js";
import type { ErrorInfo } from "./error-info.js";
import type { AbandonedChain, Report, RunAction, Warning } from "./report.js";
import type { PlacedStep } from "./step-set.js";

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
 * query `hold` says so, or it is unknown how the node is.
 */
export type ThrottleReason = "lagMs" | "lagBytes" | "active" | "blocked" | "hold" | "unknown";

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
   * is the number of shards with work, `steps` the number of versions to run on them, `shards` the number of all
   * schemas that have versions or get some.
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
   * A wave of the rollout starts, number `number` of `of`. It has `shards` shards, and `steps` steps to run
   * on `chains` of them. It starts again if steps of it vanished, or shards appeared.
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
  /** A wave that is done is left alone for `leftMs` more before the next one starts. */
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
   * or somebody undid it. It no longer counts as done, and is run again if the run continues.
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
