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
