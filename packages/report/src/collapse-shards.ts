/** Some shards of one node as the user reads them: `sh0000-0023`, `sh0007`, `public`. */
export interface ShardRange {
  readonly text: string;
  /** How many shards the text names. */
  readonly count: number;
}

interface NumberedName {
  readonly name: string;
  readonly stem: string;
  /** The digits at the end of the name; empty if the name must not be part of a range. */
  readonly digits: string;
}

/** A name that cannot be mistaken for a range or a list. Any other name is shown in double quotes. */
const plainName = /^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u;

/** Most names: V8 takes twenty times as long to compile, and to try, what knows all letters. */
const plainAscii = /^[A-Za-z_][\w$]*$/;

function isPlain(name: string): boolean {
  return plainAscii.test(name) || plainName.test(name);
}

/** More digits than a number holds exactly are no count of shards. */
const longestNumber = 15;

/**
 * Collapses names of shards to ranges. Pure; expanding the ranges gives the same names, each once.
 *
 * A range joins names that are equal but for the number at their end, written with equally many
 * digits: `sh9` and `sh10` are not neighbours. Names come out sorted by stem, then number.
 */
export function collapseShards(names: Iterable<string>): ShardRange[] {
  const sorted = [...new Set(names)].map(splitNumber).sort(compareNumbered);
  const ranges: ShardRange[] = [];
  for (let first = 0; first < sorted.length; ) {
    let next = first + 1;
    while (next < sorted.length && follows(sorted[next - 1], sorted[next])) {
      next += 1;
    }
    ranges.push(rangeOf(sorted.slice(first, next)));
    first = next;
  }
  return ranges;
}

function splitNumber(name: string): NumberedName {
  const digits = isPlain(name) ? (/[0-9]+$/.exec(name)?.[0] ?? "") : "";
  return digits.length > longestNumber
    ? { name, stem: name, digits: "" }
    : { name, stem: name.slice(0, name.length - digits.length), digits };
}

function compareNumbered(a: NumberedName, b: NumberedName): number {
  if (a.stem !== b.stem) {
    return a.stem < b.stem ? -1 : 1;
  }
  return a.digits.length - b.digits.length || Number(a.digits) - Number(b.digits);
}

function follows(previous: NumberedName | undefined, next: NumberedName | undefined): boolean {
  return (
    previous !== undefined &&
    next !== undefined &&
    previous.stem === next.stem &&
    next.digits !== "" &&
    previous.digits.length === next.digits.length &&
    Number(previous.digits) + 1 === Number(next.digits)
  );
}

/** A shard as it is shown everywhere: in double quotes if it could be taken for something else. */
export function shownShard(name: string): string {
  return isPlain(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function rangeOf(run: readonly NumberedName[]): ShardRange {
  const name = run[0]?.name ?? "";
  const text = shownShard(name);
  return { text: run.length === 1 ? text : `${text}-${run.at(-1)?.digits}`, count: run.length };
}
