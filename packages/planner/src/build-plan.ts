import { type Chain, compareShards, type Plan, type ShardToPlan, type Violation } from "./plan.js";
import { findTimelineViolation } from "./timeline-violation.js";
import { type DiskVersion, longestPrefix } from "./version-prefix.js";

/** What a plan is made from. */
export interface BuildPlanInput<S extends ShardToPlan = ShardToPlan> {
  /** The versions on disk, in the order of their names. */
  readonly versions: readonly DiskVersion[];
  /** Every shard of every node, in any order. */
  readonly shards: readonly S[];
}

/**
 * Computes what each shard still has to run. Pure; the input is not changed.
 *
 * A shard gets the versions of the longest prefix that matches it. Its ledger must be a beginning of
 * them, and the rest is its chain. Every shard whose ledger is not is listed in `violations`: none is
 * skipped in silence. Chains and violations hold the very shards that were passed in. The same input in another order of shards gives the same plan.
 */
export function buildPlan<S extends ShardToPlan>({ versions, shards }: BuildPlanInput<S>): Plan<S> {
  const namesByPrefix = groupNamesByPrefix(versions);
  const pendingAfter = sharedTails();
  const known = new Set(versions.map(({ name }) => name));
  const chains: Chain<S>[] = [];
  const violations: Violation<S>[] = [];
  for (const shard of [...shards].sort(compareShards)) {
    const prefix = longestPrefix(namesByPrefix.keys(), shard.name);
    const onDisk = (prefix === undefined ? undefined : namesByPrefix.get(prefix)) ?? [];
    const violation = findTimelineViolation(shard, { onDisk, known });
    if (violation !== undefined) {
      violations.push(violation);
    } else if (onDisk.length > shard.versions.length) {
      chains.push({ shard, pending: pendingAfter(onDisk, shard.versions.length) });
    }
  }
  return { chains, violations };
}

/** Takes lists from a place on; one list for all who want the same: there may be a million of them. */
function sharedTails(): (names: readonly string[], from: number) => readonly string[] {
  const tailsOf = new Map<readonly string[], (readonly string[])[]>();
  return (names, from) => {
    let tails = tailsOf.get(names);
    if (tails === undefined) {
      tails = [];
      tailsOf.set(names, tails);
    }
    tails[from] ??= names.slice(from);
    return tails[from];
  };
}

function groupNamesByPrefix(
  versions: readonly DiskVersion[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, prefix } of versions) {
    const group = groups.get(prefix);
    if (group === undefined) {
      groups.set(prefix, [name]);
    } else {
      group.push(name);
    }
  }
  return groups;
}
