/** The versions that a shard's database says are applied, oldest first. */
export interface ShardLedger {
  /** The node, as the run names it. */
  readonly node: string;
  /** The schema, unquoted. */
  readonly shard: string;
  readonly versions: readonly string[];
}

/** What one shard still has to run, in order; `applied` is the ledger that the plan was made from. */
export interface Chain {
  readonly node: string;
  readonly shard: string;
  readonly applied: readonly string[];
  /** At least one. */
  readonly pending: readonly string[];
}

/**
 * A shard that cannot be planned for. Any one of them stops the run before anything is changed, on
 * any node.
 *
 * - `TIMELINE_VIOLATION`: ledger and disk differ at some place;
 * - `VERSION_MISSING_ON_DISK`: the ledger goes on where the disk ends;
 * - `UNDO_NOT_LATEST`: the version to undo has later ones after it on this shard.
 */
export interface Violation {
  readonly code: "TIMELINE_VIOLATION" | "VERSION_MISSING_ON_DISK" | "UNDO_NOT_LATEST";
  readonly node: string;
  readonly shard: string;
  /** The version on disk at the first place where ledger and disk differ. */
  readonly onDisk: string | undefined;
  /** The version in the ledger at that place; for an undo, the one that comes next after it. */
  readonly inDatabase: string | undefined;
  /** What is wrong and where: one sentence. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** What to run where. Plain data: it survives JSON. */
export interface Plan {
  /** The shards with something to run, by node, then shard, in code-unit order. */
  readonly chains: readonly Chain[];
  /** In the same order. While there is one, nothing may be run. */
  readonly violations: readonly Violation[];
}

/** Orders what is about shards by node, then shard, in code-unit order. */
export function compareShards(
  a: Pick<ShardLedger, "node" | "shard">,
  b: Pick<ShardLedger, "node" | "shard">,
): number {
  if (a.node !== b.node) {
    return a.node < b.node ? -1 : 1;
  }
  return a.shard < b.shard ? -1 : a.shard > b.shard ? 1 : 0;
}
