/**
 * A shard, as far as a plan needs to know it. Whoever plans passes what they have of a shard; the plan
 * hands it back, so that nothing has to be looked up again.
 */
export interface ShardToPlan {
  readonly node: {
    /** Identifies the node; shards are in the order of these. */
    readonly name: string;
    /** What messages call it. */
    readonly label: string;
  };
  /** The schema, unquoted. */
  readonly name: string;
  /** The versions that its database says are applied, oldest first. */
  readonly versions: readonly string[];
}

/** What one shard still has to run, in order. */
export interface Chain<S extends ShardToPlan = ShardToPlan> {
  /** The shard that was passed in, with the ledger that the chain follows from. */
  readonly shard: S;
  /** At least one. */
  readonly pending: readonly string[];
}

/**
 * A shard that cannot be planned for. Any one of them stops the run before anything is changed, on
 * any node.
 *
 * - `TIMELINE_VIOLATION`: ledger and disk differ at some place;
 * - `VERSION_MISSING_ON_DISK`: the ledger goes on where the disk ends;
 * - `UNDO_NOT_LATEST`: the version to undo has later ones after it on this shard;
 * - `PLAN_MOVED`: the ledger is not what a plan that is carried out has of it.
 */
export interface Violation<S extends ShardToPlan = ShardToPlan> {
  readonly code:
    | "TIMELINE_VIOLATION"
    | "VERSION_MISSING_ON_DISK"
    | "UNDO_NOT_LATEST"
    | "PLAN_MOVED";
  /** The shard that was passed in. */
  readonly shard: S;
  /** The version on disk at the first place where ledger and disk differ. */
  readonly onDisk: string | undefined;
  /** The version in the ledger at that place; for an undo, the one that comes next after it. */
  readonly inDatabase: string | undefined;
  /** What is wrong and where: one sentence. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** What to run where. Plain data: it survives JSON if the shards do. */
export interface Plan<S extends ShardToPlan = ShardToPlan> {
  /** The shards with something to run, by node, then shard, in code-unit order. */
  readonly chains: readonly Chain<S>[];
  /** In the same order. While there is one, nothing may be run. */
  readonly violations: readonly Violation<S>[];
}

/** Orders shards by the names of their nodes, then by their own, in code-unit order. */
export function compareShards(
  a: Pick<ShardToPlan, "node" | "name">,
  b: Pick<ShardToPlan, "node" | "name">,
): number {
  if (a.node.name !== b.node.name) {
    return a.node.name < b.node.name ? -1 : 1;
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
