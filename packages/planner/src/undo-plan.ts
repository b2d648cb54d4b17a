import { type Chain, compareShards, type Plan, type ShardLedger, type Violation } from "./plan.js";
import { shownName } from "./shown-name.js";

/** What an undo plan is made from. */
export interface BuildUndoPlanInput {
  /** The name of the version to undo. */
  readonly version: string;
  /** Every shard of every node, in any order. */
  readonly shards: readonly ShardLedger[];
}

/** A plan whose chains each have the one version to undo as `pending`. */
export interface UndoPlan extends Plan {
  readonly version: string;
  /** How many shards are passed over, since the version was never applied to them. */
  readonly passedOver: number;
  /**
   * `ready`: there are chains and no violations; `nowhere-applied`: no shard has the version, so
   * there is nothing to undo; `refused`: some shard has later versions.
   */
  readonly outcome: "ready" | "nowhere-applied" | "refused";
}

/**
 * Computes on which shards a version is undone: those where it is the latest. A shard where it was
 * never applied is passed over; a shard where something comes after it is a violation. Pure.
 */
export function buildUndoPlan({ version, shards }: BuildUndoPlanInput): UndoPlan {
  const holders = shards.filter(({ versions }) => versions.includes(version)).sort(compareShards);
  const chains: Chain[] = [];
  const violations: Violation[] = [];
  for (const { node, shard, versions: applied } of holders) {
    if (applied.at(-1) === version) {
      chains.push({ node, shard, applied, pending: [version] });
    } else {
      violations.push(notLatest({ node, shard, versions: applied }, version));
    }
  }
  return {
    version,
    chains,
    violations,
    passedOver: shards.length - holders.length,
    outcome: violations.length > 0 ? "refused" : chains.length > 0 ? "ready" : "nowhere-applied",
  };
}

/** A version that is the latest one of some shards. */
export interface LatestVersion {
  readonly version: string;
  /** In the order of nodes and shards. */
  readonly shards: readonly { readonly node: string; readonly shard: string }[];
}

/** Lists which versions can be undone, the latest of each shard, from the last name to the first. */
export function latestVersions(shards: readonly ShardLedger[]): readonly LatestVersion[] {
  const holders = new Map<string, { readonly node: string; readonly shard: string }[]>();
  for (const { node, shard, versions } of [...shards].sort(compareShards)) {
    const latest = versions.at(-1);
    if (latest === undefined) {
      continue;
    }
    const group = holders.get(latest) ?? [];
    group.push({ node, shard });
    holders.set(latest, group);
  }
  return [...holders]
    .map(([version, group]) => ({ version, shards: group }))
    .sort((a, b) => (a.version < b.version ? 1 : -1));
}

/** How many of the later versions an error names. */
const namedVersions = 10;

function notLatest({ node, shard, versions }: ShardLedger, version: string): Violation {
  const later = versions.slice(versions.lastIndexOf(version) + 1).map(shownName);
  const hidden = later.length - namedVersions;
  const named = [...later.slice(0, namedVersions), ...(hidden > 0 ? [`${hidden} more`] : [])];
  return {
    code: "UNDO_NOT_LATEST",
    node,
    shard,
    onDisk: undefined,
    inDatabase: versions[versions.lastIndexOf(version) + 1],
    message: `${version} cannot be undone on ${node}, shard ${shard}: ${named.join(", ")} ${later.length === 1 ? "comes" : "come"} after it.`,
    hint: `Undo ${later.length === 1 ? "that" : "those"} first, ${later.at(-1)} to begin with.`,
  };
}
