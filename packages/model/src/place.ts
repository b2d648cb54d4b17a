/** A shard on a node, by their names. */
export interface Place {
  /** The node's label, if nothing else is said. */
  readonly node: string;
  readonly shard: string;
}

/** A version and the shards for which something is true of it. */
export interface VersionPlaces {
  readonly version: string;
  /** By node, then shard. */
  readonly shards: readonly Place[];
}

/** Orders shards by their nodes, then by their own names, in code-unit order. */
export function comparePlaces(a: Place, b: Place): number {
  return compareTexts(a.node, b.node) || compareTexts(a.shard, b.shard);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
