import { PgMigError } from "@pg-mig/model";
import { type MarkedText, saysTheSame, shownText } from "./own-name.js";
import type { Shape, ShapeItem } from "./shape.js";

/** One item that two shapes do not have in common. For people: no part of it is a secret. */
export interface Difference {
  readonly kind: string;
  readonly path: string;
  /** `missing`: only the expected shape has it; `extra`: only the found one has it. */
  readonly what: "missing" | "extra" | "differs";
  /** Its definition in the expected shape; `<shard>` stands for the schema's own name. */
  readonly expected?: string | undefined;
  /** Its definition in the found shape. */
  readonly found?: string | undefined;
}

/** A difference, and what its item is a part of, if it is. */
export interface ItemDifference {
  readonly difference: Difference;
  readonly parent?: string | undefined;
}

/**
 * Compares two shapes item by item, as {@link diffShapes} does, and tells apart also the parts of what only one of
 * them has. A `parent` is the path of the item that it comes and goes with.
 *
 * @throws PgMigError `SHAPES_INCOMPARABLE`
 */
export function diffItems(expected: Shape, found: Shape): ItemDifference[] {
  ensureComparable(expected.hash, found.hash);
  const [missing, extra] = unequalItems(expected, found);
  return keysOf(missing, extra).flatMap((key) => {
    const wanted = missing.get(key) ?? [];
    const there = extra.get(key) ?? [];
    return Array.from({ length: Math.max(wanted.length, there.length) }, (_, i) => ({
      difference: difference(wanted[i], there[i]),
      parent: (wanted[i] ?? there[i])?.parent,
    }));
  });
}

/**
 * Compares two shapes item by item. Returns what differs, by kind and path; nothing if both schemas are
 * interchangeable. Equal hashes have no difference; unequal ones may have none, if a text happens to
 * spell the name of one of the schemas.
 *
 * @throws PgMigError `SHAPES_INCOMPARABLE` if they were read by two versions of the query, from servers
 * that print definitions differently, or one with and one without access.
 */
export function diffShapes(expected: Shape, found: Shape): Difference[] {
  ensureComparable(expected.hash, found.hash);
  if (expected.hash === found.hash) {
    return [];
  }
  const [missing, extra] = unequalItems(expected, found);
  const gone = wholes(missing, extra);
  const come = wholes(extra, missing);
  const differences: Difference[] = [];
  for (const key of keysOf(missing, extra)) {
    const wanted = (missing.get(key) ?? []).filter(({ parent = "" }) => !gone.has(parent));
    const there = (extra.get(key) ?? []).filter(({ parent = "" }) => !come.has(parent));
    for (let i = 0; i < Math.max(wanted.length, there.length); i++) {
      differences.push(difference(wanted[i], there[i]));
    }
  }
  return differences;
}

function keysOf(...maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
}

/** The names of what only one side has: what is a part of it is not told apart. */
function wholes(
  of: ReadonlyMap<string, readonly ShapeItem[]>,
  without: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  return new Set(
    [...of]
      .filter(([key]) => !without.has(key))
      .flatMap(([, items]) => items.filter(({ parent }) => parent === undefined))
      .map(({ path }) => path),
  );
}

/** The items of each that the other has not, by kind and path. */
function unequalItems(expected: Shape, found: Shape) {
  const wanted = byKey(expected.items);
  const there = byKey(found.items);
  const names = [objectNames(expected), objectNames(found)] as const;
  for (const [key, items] of wanted) {
    const others = there.get(key) ?? [];
    const left = items.filter((item) => {
      const at = others.findIndex(
        (other) =>
          item.hidden === other.hidden &&
          (item.definition === other.definition ||
            saysTheSame(
              { text: item.definition, schema: expected.schema, find: names[0] },
              { text: other.definition, schema: found.schema, find: names[1] },
            )),
      );
      if (at !== -1) {
        others.splice(at, 1);
      }
      return at === -1;
    });
    keep(wanted, key, left);
    keep(there, key, others);
  }
  return [wanted, there] as const;
}

function byKey(items: readonly ShapeItem[]): Map<string, ShapeItem[]> {
  const map = new Map<string, ShapeItem[]>();
  for (const item of items) {
    const key = `${item.kind}\u0000${item.path}`;
    const same = map.get(key);
    if (same === undefined) {
      map.set(key, [item]);
    } else {
      same.push(item);
    }
  }
  return map;
}

function keep(map: Map<string, ShapeItem[]>, key: string, items: ShapeItem[]): void {
  if (items.length > 0) {
    map.set(key, items);
  } else {
    map.delete(key);
  }
}

const relationsAndRoutines = new Set([
  "table",
  "foreign table",
  "view",
  "materialized view",
  "sequence",
  "function",
  "procedure",
  "aggregate",
]);

/** What a schema has of a name that another schema can name. */
function objectNames({ items }: Shape): MarkedText["find"] {
  let names: ReadonlyMap<string, "relation or routine" | "other"> | undefined;
  return (name) => {
    names ??= new Map(
      items
        .filter(({ parent, kind }) => parent === undefined || kind === "sequence")
        .map(({ kind, path }) => [
          path.replace(/\(.*/s, ""),
          relationsAndRoutines.has(kind) ? "relation or routine" : "other",
        ]),
    );
    return names.get(name);
  };
}

function difference(expected: ShapeItem | undefined, found: ShapeItem | undefined): Difference {
  const { kind, path } = expected ?? found ?? { kind: "", path: "" };
  const what = found === undefined ? "missing" : expected === undefined ? "extra" : "differs";
  return {
    kind,
    path: shownText(path),
    what,
    ...(expected === undefined ? {} : { expected: shownItem(expected) }),
    ...(found === undefined ? {} : { found: shownItem(found, expected) }),
  };
}

function shownItem({ definition, hidden }: ShapeItem, other?: ShapeItem): string {
  const isOther = other !== undefined && other.hidden !== hidden;
  const note = `${isOther ? "other options" : "options"} (not shown)`;
  return [shownText(definition), hidden === undefined ? "" : note].filter(Boolean).join(" ");
}

function ensureComparable(expected: string, found: string): void {
  const [a, b] = [expected, found].map((hash) => hash.slice(0, hash.indexOf(":")));
  if (a !== b) {
    throw new PgMigError(`The shapes cannot be compared: one is ${a}, the other ${b}.`, {
      code: "SHAPES_INCOMPARABLE",
      hint: "Read both with the same release of the tool and the same options, from servers of PostgreSQL 14 and 15, or of 16 to 18.",
    });
  }
}
