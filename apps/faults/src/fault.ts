import type { Evidence } from "./invariants.js";
import type { Random } from "./random.js";
import type { Scene } from "./scene.js";
import type { TestVersion } from "./test-version.js";
import type { EndedRun } from "./tool-run.js";

/** What came of making a fault happen. */
export interface Injected {
  /**
   * `missed`: it found nothing to break, as when the run was over before; then it is not counted,
   * and all that must be true is checked nevertheless.
   */
  readonly outcome: "struck" | "missed";
  /** All runs of the tool that were started; all have ended. */
  readonly runs: readonly EndedRun[];
  /** What the fault itself has seen that must not be, as sentences. */
  readonly problems?: readonly string[];
  /** Labels of the nodes that it did nothing to: they must be at head when their run is over (I9). */
  readonly spared?: readonly string[];
  readonly ruined?: Evidence["ruined"];
  readonly alsoWrote?: Evidence["alsoWrote"];
  /** Takes away what stands in the way of the next run, as its operator would. */
  readonly fix?: () => Promise<void>;
}

/** Something that goes wrong while the tool works, and that it must survive. */
export interface Fault {
  /** What `--only` takes. */
  readonly name: string;
  /** The row of the list of faults in the suite's README. */
  readonly row: number;
  /** How often it is drawn, beside others. @default 1 */
  readonly weight?: number;
  /** Why it cannot be made on this machine; `undefined`: it can. @default always */
  readonly impossible?: () => Promise<string | undefined>;
  /** The versions of the scene. @default four of mixed kinds */
  readonly versions?: (random: Random) => readonly TestVersion[];
  /**
   * Whether the scene has a before.sql and an after.sql. Where one of them fails on a node, nothing
   * else is started anywhere, so that is not for faults that spare a node. @default "none"
   */
  readonly hooks?: "both" | "none";
  /** Makes it happen, once, and waits until the runs that it has met are over. */
  readonly inject: (scene: Scene, random: Random) => Promise<Injected>;
}
