import { type Difference, diffItems, diffShapes, type Shape } from "@pg-mig/catalog";
import { comparePlaces, type Place } from "@pg-mig/model";
import { allForms, type ItemForms } from "./all-forms.js";

/** Shards with one hash. */
export interface Variant {
  readonly hash: string;
  readonly shards: readonly Place[];
}

/** Shards that ought to be alike: of one prefix, with one ledger, on servers that print alike. */
export interface ShardGroup {
  readonly prefix: string;
  /** The latest version that all of them have; `undefined`: none. */
  readonly version: string | undefined;
  readonly variants: readonly Variant[];
  /** What the files make, if that is what is right. */
  readonly made?: Shape | undefined;
}

/** What a shape is compared with. */
export type Reference =
  | { readonly from: "majority" }
  | { readonly from: "shard"; readonly shard: string }
  | { readonly from: "files" };

/** A kind of items that makes no difference, or one of them. */
export interface IgnoredItem {
  readonly kind: string;
  /** As differences tell it. @default all of the kind */
  readonly path?: string | undefined;
}

/** A difference, and the shards that have it. */
export interface SharedDifference extends Difference {
  readonly shards: readonly Place[];
}

/** How alike the shards of a group are. Plain data: it survives JSON. */
export interface GroupComparison {
  readonly prefix: string;
  readonly version: string | undefined;
  readonly shards: number;
  /** Whose shape is taken for right, and how many shards have it; `null`: no shape is that of most. */
  readonly reference: { readonly from: Reference["from"]; readonly shards: number } | null;
  /**
   * Each once, by kind and path. Without a reference, each shape that some shards have of an item:
   * `found`, or `missing`.
   */
  readonly differences: readonly SharedDifference[];
}

export interface CompareOptions {
  readonly against: Reference;
  readonly ignore: readonly IgnoredItem[];
  /** Reads a shape. */
  readonly load: (shard: Place) => Promise<Shape | undefined>;
}

/**
 * Compares the shards of a group. Loads one shape for each hash, one after another, and keeps two at a
 * time; a shape that cannot be loaded is left out.
 */
export async function compareShards(
  { prefix, version, variants, made }: ShardGroup,
  { against, ignore, load }: CompareOptions,
): Promise<GroupComparison> {
  const sorted = [...variants].sort((a, b) => b.shards.length - a.shards.length);
  const shards = sorted.reduce((sum, variant) => sum + variant.shards.length, 0);
  const chosen = against.from === "shard" ? variantOf(sorted, against.shard) : undefined;
  const base =
    made === undefined
      ? (chosen ?? sorted[0])
      : sorted.find((variant) => variant.hash === made.hash);
  const isLoaded = made === undefined && base !== undefined && sorted.length > 1;
  const shape = isLoaded ? await load(placeIn(base, against)) : made;
  const counts = (difference: Difference) => !ignore.some((item) => isIgnored(difference, item));
  let alike = base?.shards.length ?? 0;
  const told: Told[] = [];
  if (shape !== undefined) {
    const isOne = chosen !== undefined || made !== undefined || base === undefined;
    const names = isOne ? [shape.schema] : namesOf(base);
    for (const variant of sorted) {
      const [first] = variant.shards;
      const other = variant === base || first === undefined ? undefined : await load(first);
      if (other === undefined) {
        continue;
      }
      for (const [schema, placed] of byName(variant.shards)) {
        const found = { ...other, schema };
        const expected = strictest(names, shape, found);
        const differences = diffShapes(expected, found).filter(counts);
        if (differences.length === 0) {
          alike += placed.length;
        } else {
          told.push({ shards: placed, differences, items: diffItems(expected, found) });
        }
      }
    }
  }
  const isRight = (made ?? chosen) !== undefined || told.length === 0 || alike * 2 > shards;
  return {
    prefix,
    version,
    shards,
    reference: isRight ? { from: against.from, shards: alike } : null,
    differences: together(isRight ? told : allForms(told, others(sorted, told))).filter(counts),
  };
}

/** Shards and what they do not have in common with the reference. */
interface Told extends ItemForms {
  readonly differences: readonly Difference[];
}

/**
 * A shape that shards of several names have, by the name by which more differs: a text that spells the name of just
 * one of them is not theirs.
 */
function strictest(names: readonly string[], expected: Shape, found: Shape): Shape {
  const another = names.find((name) => name !== expected.schema);
  if (another === undefined) {
    return expected;
  }
  const other = { ...expected, schema: another };
  const isStricter = diffShapes(other, found).length > diffShapes(expected, found).length;
  return isStricter ? other : expected;
}

function isIgnored({ kind, path }: Difference, item: IgnoredItem): boolean {
  return item.kind === kind && (item.path === undefined || item.path === path);
}

/** Tells each difference once. */
function together(told: readonly Omit<Told, "items">[]): SharedDifference[] {
  const byText = new Map<string, { difference: Difference; shards: Place[] }>();
  for (const { shards, differences } of told) {
    for (const difference of differences) {
      const key = JSON.stringify(difference);
      const known = byText.get(key);
      if (known === undefined) {
        byText.set(key, { difference, shards: [...shards] });
      } else {
        known.shards.push(...shards);
      }
    }
  }
  return [...byText.values()]
    .map(({ difference, shards }) => ({ ...difference, shards: shards.sort(comparePlaces) }))
    .sort(byItem);
}

/** The shards that have no difference. */
function others(variants: readonly Variant[], told: readonly Told[]): Place[] {
  const differing = new Set(told.flatMap(({ shards }) => shards));
  return variants.flatMap(({ shards }) => shards.filter((shard) => !differing.has(shard)));
}

function variantOf(variants: readonly Variant[], shard: string): Variant | undefined {
  return variants.find((variant) => variant.shards.some((placed) => placed.shard === shard));
}

function placeIn({ shards }: Variant, against: Reference): Place {
  const wanted =
    against.from === "shard" ? shards.find(({ shard }) => shard === against.shard) : undefined;
  return wanted ?? (shards[0] as Place);
}

function namesOf({ shards }: Variant): readonly string[] {
  return [...new Set(shards.map(({ shard }) => shard))];
}

function byName(shards: readonly Place[]): Map<string, Place[]> {
  const map = new Map<string, Place[]>();
  for (const placed of shards) {
    map.set(placed.shard, [...(map.get(placed.shard) ?? []), placed]);
  }
  return map;
}

function byItem(a: SharedDifference, b: SharedDifference): number {
  return (
    compare(a.kind, b.kind) ||
    compare(a.path, b.path) ||
    b.shards.length - a.shards.length ||
    compare(a.found ?? "", b.found ?? "")
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
