/** On how many nodes at a time something happens that happens once per node. */
export const nodesAtATime = 64;

/**
 * Does something with each item, so many at a time, in their order. Resolves, when all have ended, to what became
 * of each; never rejects.
 */
export async function onEach<Item, T>(
  items: readonly Item[],
  atATime: number,
  run: (item: Item) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  const left = items.entries();
  const work = async () => {
    for (const [i, item] of left) {
      results[i] = await run(item).then(
        (value) => ({ status: "fulfilled", value }),
        (reason: unknown) => ({ status: "rejected", reason }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, work));
  return results;
}
