import { type DiskVersion, longestPrefix, prefixMatches } from "./version-prefix.js";

/** A prefix whose versions no shard gets. */
export interface UnmatchedPrefix {
  readonly prefix: string;
  /** The names of the versions that have it, in the order of the input. */
  readonly versions: readonly string[];
  /**
   * The longer prefixes that take every schema that this one matches, in code-unit order; empty: it
   * matches none.
   */
  readonly takenBy: readonly string[];
}

/**
 * Finds the prefixes of versions on disk that no schema of the whole cluster belongs to: their
 * versions are never applied. In the order in which the prefixes first appear. Pure.
 *
 * @param schemas The names of all schemas that count as shards, on whichever node.
 */
export function unmatchedPrefixes(
  versions: readonly DiskVersion[],
  schemas: Iterable<string>,
): readonly UnmatchedPrefix[] {
  const left = new Map<string, { versions: string[]; takenBy: Set<string> }>();
  for (const { name, prefix } of versions) {
    const found = left.get(prefix) ?? { versions: [], takenBy: new Set() };
    left.set(prefix, found);
    found.versions.push(name);
  }
  const prefixes = [...left.keys()];
  for (const schema of schemas) {
    if (left.size === 0) {
      break;
    }
    const owner = longestPrefix(prefixes, schema);
    if (owner === undefined) {
      continue;
    }
    left.delete(owner);
    for (const [prefix, { takenBy }] of left) {
      if (prefixMatches(prefix, schema)) {
        takenBy.add(owner);
      }
    }
  }
  return [...left].map(([prefix, { versions: names, takenBy }]) => ({
    prefix,
    versions: names,
    takenBy: [...takenBy].sort(),
  }));
}
