import { compareShards, type Plan, type ShardToPlan, type Violation } from "./plan.js";
import { shownName } from "./shown-name.js";

/** What an undo plan is made from. */
export interface BuildUndoPlanInput<S extends ShardToPlan = ShardToPlan> {
  /** The name of the version to undo. */
  readonly version: string;
  /** Every shard of every node, in any order. */
  readonly shards: readonly S[];
}

/**
 * Computes on which shards a version is undone: those where it is the latest, each with that version
 * as its chain. A shard where it was never applied is passed over; a shard where something comes after
 * it is a violation. Pure.
 */
export function buildUndoPlan<S extends ShardToPlan>({
  version,
  shards,
}: BuildUndoPlanInput<S>): Plan<S> {
  const holders = shards.filter(({ versions }) => versions.includes(version)).sort(compareShards);
  const isLatest = ({ versions }: S) => versions.at(-1) === version;
  return {
    chains: holders.filter(isLatest).map((shard) => ({ shard, pending: [version] })),
    violations: holders
      .filter((shard) => !isLatest(shard))
      .map((shard) => notLatest(shard, version)),
  };
}

/** A version that is the latest one of some shards. */
export interface LatestVersion<S extends ShardToPlan = ShardToPlan> {
  readonly version: string;
  /** The shards that were passed in, in the order of nodes and shards. */
  readonly shards: readonly S[];
}

/** Lists which versions can be undone, the latest of each shard, from the last name to the first. */
export function latestVersions<S extends ShardToPlan>(
  shards: readonly S[],
): readonly LatestVersion<S>[] {
  const holders = new Map<string, S[]>();
  for (const shard of [...shards].sort(compareShards)) {
    const latest = shard.versions.at(-1);
    if (latest === undefined) {
      continue;
    }
    const group = holders.get(latest) ?? [];
    group.push(shard);
    holders.set(latest, group);
  }
  return [...holders]
    .map(([version, group]) => ({ version, shards: group }))
    .sort((a, b) => (a.version < b.version ? 1 : -1));
}

/** How many of the later versions an error names. */
const namedVersions = 10;

function notLatest<S extends ShardToPlan>(shard: S, version: string): Violation<S> {
  const { node, name, versions } = shard;
  const later = versions.slice(versions.lastIndexOf(version) + 1).map(shownName);
  const hidden = later.length - namedVersions;
  const named = [...later.slice(0, namedVersions), ...(hidden > 0 ? [`${hidden} more`] : [])];
  return {
    code: "UNDO_NOT_LATEST",
    shard,
    onDisk: undefined,
    inDatabase: versions[versions.lastIndexOf(version) + 1],
    message: `${version} cannot be undone on ${node.label}, shard ${name}: ${named.join(", ")} ${later.length === 1 ? "comes" : "come"} after it.`,
    hint: `Undo ${later.length === 1 ? "that" : "those"} first, ${later.at(-1)} to begin with.`,
  };
}
