import type { Direction } from "@pg-mig/migrations";
import type { PgMigError } from "@pg-mig/model";
import type { Plan } from "@pg-mig/planner";
import type { PlacedStep, Warning } from "@pg-mig/report";
import type { OpenNode, OpenShard } from "@pg-mig/sessions";
import type { MigrationFiles } from "./migration-files.js";

/** A step that should be done and cannot be, and those after it on its shard. */
export interface StuckStep extends PlacedStep {
  readonly of: OpenShard;
  readonly notAttempted: readonly string[];
  readonly error: PgMigError;
}

/** What makes an apply an apply, and an undo an undo. */
export interface RunKind {
  readonly action: "apply" | "undo";
  readonly direction: Direction;
  /** What these shards have still to run, and which of them cannot be planned for. Pure. */
  readonly plan: (shards: readonly OpenShard[]) => Plan<OpenShard>;
  /** What the digest of every node is while the run goes on; `undefined`: what it was. */
  readonly digestMeanwhile: "before-undo" | undefined;
  readonly digestAfter: string;
  /** Whether it is about a node. @default it is about all of them */
  readonly keep?: (open: OpenNode) => boolean;
  /** Gives the kind that plans, which depends on what the nodes are. It may load files. @default this one plans */
  readonly bind?: (nodes: readonly OpenNode[], files: MigrationFiles) => Promise<RunKind>;
  /** Steps that it should do and cannot: they have failed, and others go on. Pure. */
  readonly stuck?: (shards: readonly OpenShard[]) => readonly StuckStep[];
  /** What to say of versions that it leaves alone, though they are there. Pure. */
  readonly leftAlone?: (shards: readonly OpenShard[]) => readonly Warning[];
  /** What schemas that appear during the run get: a round of their own, or nothing. */
  readonly newSchemas: "go round again" | "ignore";
}
