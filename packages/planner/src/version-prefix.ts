/**
 * What the planner needs to know of a version on disk: structurally, a `Version` of
 * `@pg-mig/migrations`.
 */
export interface DiskVersion {
  readonly name: string;
  readonly prefix: string;
}

/**
 * Tells whether versions of a prefix are for a shard: the shard is named exactly so, or it starts
 * with the prefix and goes on with a digit, or it starts with a prefix that itself holds a digit.
 * `sh` matches `sh0001` and `sh0001old12`, not `sharding`; `sh0000` matches `sh0000old1`.
 */
export function prefixMatches(prefix: string, shard: string): boolean {
  if (!shard.startsWith(prefix)) {
    return false;
  }
  return shard === prefix || /\d/.test(prefix) || /^\d/.test(shard.slice(prefix.length));
}

/**
 * Picks the versions that a shard gets, in the order of the argument: those of the longest prefix
 * that matches it. Shorter prefixes do not apply to the shard at all. All prefixes that match are
 * beginnings of one name, so of two different ones exactly one is longer.
 */
export function versionsForShard<V extends DiskVersion>(
  versions: readonly V[],
  shard: string,
): readonly V[] {
  const longest = longestPrefix(new Set(versions.map(({ prefix }) => prefix)), shard);
  return versions.filter(({ prefix }) => prefix === longest);
}

/** Finds the prefix, of those given, that takes the shard; `undefined` where none matches. */
export function longestPrefix(prefixes: Iterable<string>, shard: string): string | undefined {
  let longest: string | undefined;
  for (const prefix of prefixes) {
    if (prefixMatches(prefix, shard) && prefix.length > (longest?.length ?? -1)) {
      longest = prefix;
    }
  }
  return longest;
}
