/** Groups what belongs to shards by their nodes: a run has thousands of both. */
export function shardsByNode<T extends { readonly shard: { readonly node: object } }>(
  items: Iterable<T>,
): ReadonlyMap<object, readonly T[]> {
  const groups = new Map<object, T[]>();
  for (const item of items) {
    const group = groups.get(item.shard.node);
    if (group === undefined) {
      groups.set(item.shard.node, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}
