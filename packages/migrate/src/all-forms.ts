import type { Difference, ItemDifference } from "@pg-mig/catalog";
import type { Place } from "@pg-mig/model";

/** Shards that are alike, and all that they do not have in common with one shape. */
export interface ItemForms {
  readonly shards: readonly Place[];
  readonly items: readonly ItemDifference[];
}

/**
 * Tells every form that an item has which is not the same everywhere, with the shards of each: `found`, or `missing`.
 * Of what a shard lacks, the parts are not told; nor are those that all others have alike. Pure.
 *
 * @param told What each shape does not have in common with the one that all were compared with.
 * @param rest The shards that have that one.
 */
export function allForms(
  told: readonly ItemForms[],
  rest: readonly Place[],
): { readonly shards: readonly Place[]; readonly differences: readonly Difference[] }[] {
  const items = new Map<string, ItemDifference>();
  for (const item of told.flatMap((one) => one.items)) {
    items.set(keyOf(item), item);
  }
  const all = [...told, { shards: rest, items: [] }].map(({ shards, items: own }) => ({
    shards,
    forms: formsOf(own, items),
  }));
  const known = new Map<string, Set<string | undefined>>();
  for (const [key, found] of all.flatMap(({ forms }) => [...forms])) {
    known.set(key, (known.get(key) ?? new Set()).add(found));
  }
  return all.map(({ shards, forms }) => ({
    shards,
    differences: [...forms].flatMap(([key, found]) => {
      const { kind = "", path = "" } = items.get(key)?.difference ?? {};
      const isTold = (known.get(key)?.size ?? 0) > 1;
      const form = found === undefined ? { what: "missing" as const } : differs(found);
      return isTold ? [{ kind, path, ...form }] : [];
    }),
  }));
}

/** What a shape has of each item; `undefined`: it lacks it, and what it is a part of, if anything, is there. */
function formsOf(
  own: readonly ItemDifference[],
  items: ReadonlyMap<string, ItemDifference>,
): ReadonlyMap<string, string | undefined> {
  const differing = new Map(own.map((item) => [keyOf(item), item]));
  const forms = [...items].map(([key, item]) => {
    const found = differing.has(key)
      ? differing.get(key)?.difference.found
      : item.difference.expected;
    return { key, item, found };
  });
  const lacking = new Set(
    forms
      .filter(({ item, found }) => item.parent === undefined && found === undefined)
      .map(({ item }) => item.difference.path),
  );
  return new Map(
    forms
      .filter(({ item: { parent = "" }, found }) => found !== undefined || !lacking.has(parent))
      .map(({ key, found }) => [key, found]),
  );
}

function differs(found: string) {
  return { what: "differs" as const, found };
}

function keyOf({ difference: { kind, path } }: ItemDifference): string {
  return JSON.stringify([kind, path]);
}
