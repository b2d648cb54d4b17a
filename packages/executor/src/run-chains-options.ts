import type { StopAt } from "@pg-mig/model";
import type { SessionNode } from "@pg-mig/sessions";
import type { ChainThrottle } from "./chain-throttle.js";
import type { ScriptEnvironment } from "./script-environment.js";
import type { StepLook } from "./step-look.js";
import type { StepRecorder } from "./step-recorder.js";
import type { StepScript } from "./step-script.js";

/** How chains are run. */
export interface RunChainsOptions<L> extends ScriptEnvironment {
  readonly recorder: StepRecorder<L>;
  /** What is asked at the end of each step. @default nothing */
  readonly look?: StepLook<L> | undefined;
  /** The script of a version; called for versions of the chains only. */
  readonly stepScript: (version: string) => StepScript;
  /** How many chains of a node run at a time at the most: as many as make the steps of its server faster. */
  readonly parallelism: number;
  /** How many chains run at a time over all nodes at the most. */
  readonly maxSessions: number;
  /** The longest that a statement waits for a lock before its version is put back, in milliseconds. */
  readonly lockTimeoutMs: number;
  /**
   * For how long a version that was put back is tried again, in milliseconds. Attempts and the pauses
   * after them count; that others had the slots of its node meanwhile does not. For so long, too, may
   * one that runs outside of a transaction wait for others, if a `SessionWatch` looks on.
   */
  readonly retryForMs: number;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  /** Told of each commit, and when its server was started, as the session has it. */
  readonly onCommit?: (node: SessionNode, serverStartedAt: string | undefined) => void;
  /** When it aborts: nothing new starts, what runs is cancelled on the servers and rolled back. */
  readonly signal: AbortSignal;
  /** When it aborts: nothing new starts, what runs goes on to its end. */
  readonly pause?: AbortSignal | undefined;
  /** When so many shards have failed, nothing new starts, and what runs goes on to its end. @default never */
  readonly stopAt?: StopAt | undefined;
  /** Holds the chains of single nodes for a while. @default nobody does */
  readonly throttle?: ChainThrottle | undefined;
  /** The time, in milliseconds. @default Date.now */
  readonly now?: () => number;
  /** How long this process has had something to do so far, in milliseconds. @default what its event loop says */
  readonly busyMs?: () => number;
  /** A number in [0, 1), which spreads pauses. @default Math.random */
  readonly random?: () => number;
}

/** {@link RunChainsOptions} with a clock and random numbers, be they given or the default. */
export type ClockedOptions<L> = RunChainsOptions<L> &
  Required<Pick<RunChainsOptions<L>, "now" | "random">>;
