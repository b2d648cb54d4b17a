import { quoteIdentifier } from "@pg-mig/model";

/** Stands in a shape for the name of its schema, quoted or not, where the schema is meant. */
export const ownNameMark = "\u0001";

/** Stands for it in definitions and written texts, where a table, an alias or a word may be meant. */
export const looseNameMark = "\u0002";

/** A text as people see it who look at many shards: `<shard>` is the shard that they look at. */
export function shownText(text: string): string {
  return text.replaceAll(ownNameMark, "<shard>").replaceAll(looseNameMark, "<shard>");
}

/** A text of a shape, with what it takes to compare it with that of another schema. */
export interface MarkedText {
  readonly text: string;
  /** What the marks stand for. */
  readonly schema: string;
  /** What the schema has of this name, if anything that others can name. */
  readonly find: (name: string) => "relation or routine" | "other" | undefined;
}

/**
 * Whether two texts say the same, each of its own schema. Equal texts do. So do those that differ only in
 * that one of them happens to spell the name of the other's schema: a table, an alias or a word in a
 * comment may be called like a shard. Where it names an object of that schema, it reaches out, and differs.
 */
export function saysTheSame(a: MarkedText, b: MarkedText): boolean {
  let i = 0;
  let j = 0;
  while (i < a.text.length || j < b.text.length) {
    if (a.text[i] === b.text[j]) {
      i++;
      j++;
      continue;
    }
    const inB = a.text[i] === looseNameMark ? spelledAt(b.text, j, a, i) : 0;
    const inA = b.text[j] === looseNameMark ? spelledAt(a.text, i, b, j) : 0;
    if (inB === 0 && inA === 0) {
      return false;
    }
    i += inB > 0 ? 1 : inA;
    j += inB > 0 ? inB : 1;
  }
  return true;
}

/** How many characters spell at `at` of `text` what the mark at `markAt` of `marked` stands for; 0: none do. */
function spelledAt(text: string, at: number, marked: MarkedText, markAt: number): number {
  const names = [marked.schema, quoteIdentifier(marked.schema)];
  const name = names.find((spelling) => text.startsWith(spelling, at));
  if (name === undefined) {
    return 0;
  }
  const [, quoted, plain] =
    /^\.(?:"((?:[^"]|"")+)"|([\w$]+))/.exec(marked.text.slice(markAt + 1, markAt + 200)) ?? [];
  const object = quoted?.replaceAll('""', '"') ?? plain;
  const found = object === undefined ? undefined : marked.find(object);
  const reachesOut =
    found === "relation or routine" || (found === "other" && !standsAlone(name, text));
  return reachesOut ? 0 : name.length;
}

/** Whether a text holds a name that qualifies nothing, as that of a table or an alias does. */
function standsAlone(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + name.length] ?? " ";
    if (!/[\w$"]/.test(before) && !/[\w$".]/.test(after)) {
      return true;
    }
  }
  return false;
}
