import { type Chain, compareShards, type ShardToPlan } from "./plan.js";

/** How many of the shards that are left. */
export type Take =
  | { readonly count: number }
  | { readonly percent: number }
  | { readonly perNode: number };

/** Which shards a wave takes of those that are left: all that fit, or some of them. */
export interface WaveRule<S> {
  readonly name: string;
  /** @default every shard fits */
  readonly fits?: ((shard: S) => boolean) | undefined;
  /** Of each prefix. @default all that fit */
  readonly take?: Take | undefined;
}

/** Shards that get their versions together, after all waves before. */
export interface WaveOfShards<S> {
  readonly name: string;
  /** In the order of `compareShards`. */
  readonly shards: readonly S[];
}

export interface AssignWavesInput<S extends ShardToPlan> {
  /** Every shard, in any order, whether or not anything is pending there. */
  readonly shards: readonly S[];
  /** In the order of the waves. */
  readonly rules: readonly WaveRule<S>[];
  /** The prefix whose versions the shard gets. */
  readonly prefixOf: (shard: S) => string;
  /** Says which shards are taken first: those with the smallest text. */
  readonly rankOf: (shard: S) => string;
}

/** The wave that has the shards of no other. */
export const restWave = "rest";

/**
 * Tells which wave each shard is in: every shard is in exactly one, the last of which is `rest`. Pure.
 *
 * What is pending does not count, so that a wave has the same shards however far it is. A shard that
 * comes or goes moves at most one other for each wave. The shards of each prefix are chosen from on their own: else
 * versions of a prefix with few shards would go to all of them at once, in the last wave.
 */
export function assignWaves<S extends ShardToPlan>({
  shards,
  rules,
  prefixOf,
  rankOf,
}: AssignWavesInput<S>): readonly WaveOfShards<S>[] {
  const ranked = shards
    .map((shard) => ({ shard, rank: rankOf(shard) }))
    .sort((a, b) => compareTexts(a.rank, b.rank) || compareShards(a.shard, b.shard))
    .map(({ shard }) => shard);
  const taken = rules.map((): S[] => []);
  const rest: S[] = [];
  for (const population of grouped(ranked, prefixOf).values()) {
    let left: readonly S[] = population;
    for (const [index, { fits, take }] of rules.entries()) {
      const candidates = fits === undefined ? left : left.filter(fits);
      const chosen = new Set(take === undefined ? candidates : firstOf(candidates, take));
      taken[index]?.push(...chosen);
      left = left.filter((shard) => !chosen.has(shard));
    }
    rest.push(...left);
  }
  return [
    ...rules.map(({ name }, index) => ({ name, shards: (taken[index] ?? []).sort(compareShards) })),
    { name: restWave, shards: rest.sort(compareShards) },
  ];
}

/** A wave and what its shards have still to run. */
export interface Wave<S extends ShardToPlan> extends WaveOfShards<S> {
  /** Empty: the wave is done. */
  readonly chains: readonly Chain<S>[];
}

/** Puts the chains of a plan to the waves of its shards. Pure. */
export function wavesOfChains<S extends ShardToPlan>(
  waves: readonly WaveOfShards<S>[],
  chains: readonly Chain<S>[],
): readonly Wave<S>[] {
  const chainOf = new Map(chains.map((chain) => [chain.shard, chain]));
  return waves.map((wave) => ({
    ...wave,
    chains: wave.shards.flatMap((shard) => chainOf.get(shard) ?? []),
  }));
}

/** The first ones; a part of anything is at least one. */
function firstOf<S extends ShardToPlan>(ranked: readonly S[], take: Take): readonly S[] {
  if ("perNode" in take) {
    const nodes = [...grouped(ranked, ({ node }) => node.name).values()];
    return nodes.flatMap((ofNode) => ofNode.slice(0, take.perNode));
  }
  // What is no whole number in binary must not become one more.
  const count =
    "count" in take ? take.count : Math.ceil((ranked.length * take.percent) / 100 - 1e-9);
  return ranked.slice(0, count);
}

function grouped<S>(shards: readonly S[], keyOf: (shard: S) => string): Map<string, S[]> {
  const groups = new Map<string, S[]>();
  for (const shard of shards) {
    const key = keyOf(shard);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [shard]);
    } else {
      group.push(shard);
    }
  }
  return groups;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
