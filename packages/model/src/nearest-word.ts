/** Finds the word nearest to a mistyped one, for a "did you mean"; `undefined` if none is near. */
export function nearestWord(typed: string, known: readonly string[]): string | undefined {
  const reach = (word: string) => Math.max(1, Math.floor(word.length / 3));
  const near = known
    // A distance takes time in proportion to both lengths, and somebody may have typed a novel.
    .filter((word) => Math.abs(word.length - typed.length) <= reach(word))
    .map((word) => ({ word, distance: editDistance(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= reach(word))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.word;
}

/** How many characters to insert, delete or replace; two neighbours that are swapped count as one. */
export function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
