import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignWaves, restWave, type Take, type WaveRule, wavesOfChains } from "./waves.js";

interface Ranked {
  readonly node: { readonly name: string; readonly label: string };
  readonly name: string;
  readonly versions: readonly string[];
  readonly rank: number;
}

const shard = (node: string, name: string, rank: number): Ranked => ({
  node: { name: node, label: node },
  name,
  versions: [],
  rank,
});
const prefixOf = ({ name }: Ranked) => name.replace(/\d+$/, "");
const rankOf = ({ rank }: Ranked) => String(rank).padStart(4, "0");
const assign = (shards: readonly Ranked[], rules: readonly WaveRule<Ranked>[]) =>
  assignWaves({ shards, rules, prefixOf, rankOf });
const names = (shards: readonly Ranked[]) => shards.map(({ node, name }) => `${node.name}/${name}`);

/** Of each shard the index of its wave. */
function indexes(shards: readonly Ranked[], rules: readonly WaveRule<Ranked>[]) {
  return new Map(
    assign(shards, rules).flatMap(({ shards: inWave }, index) =>
      names(inWave).map((name) => [name, index] as const),
    ),
  );
}

const anyFleet = fc.uniqueArray(
  fc
    .record({
      node: fc.constantFrom("a", "b", "c"),
      prefix: fc.constantFrom("sh", "t"),
      number: fc.nat(40),
      rank: fc.nat(60),
    })
    .map(({ node, prefix, number, rank }) => shard(node, `${prefix}${number}`, rank)),
  { selector: (one) => names([one])[0], minLength: 1, maxLength: 60 },
);
const anyTake: fc.Arbitrary<Take> = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ percent: fc.constantFrom(1, 10, 33.3, 50, 100) }),
  fc.record({ perNode: fc.integer({ min: 1, max: 3 }) }),
);
const anyRule: fc.Arbitrary<WaveRule<Ranked>> = fc.record({
  name: fc.string(),
  fits: fc
    .option(fc.constantFrom("a", "b"), { nil: undefined })
    .map((node) => node && ((one: Ranked) => one.node.name === node)),
  take: fc.option(anyTake, { nil: undefined }),
});
const anyRules = fc.array(anyRule, { maxLength: 4 });
const takes = fc.array(
  anyTake.map((take): WaveRule<Ranked> => ({ name: "w", take })),
  { maxLength: 4 },
);

describe("assignWaves", () => {
  it("puts every shard into exactly one wave, the last of which is the rest", () => {
    fc.assert(
      fc.property(anyFleet, anyRules, (fleet, rules) => {
        const waves = assign(fleet, rules);
        expect(waves.map(({ name }) => name)).toEqual([...rules.map(({ name }) => name), restWave]);
        const all = waves.flatMap(({ shards }) => names(shards));
        expect(all.sort()).toEqual(names(fleet).sort());
      }),
    );
  });

  it("gives the same waves in whatever order the shards come", () => {
    fc.assert(
      fc.property(anyFleet, anyRules, fc.infiniteStream(fc.nat()), (fleet, rules, chance) => {
        const shuffled = fleet
          .map((one) => ({ one, by: chance.next().value as number }))
          .sort((a, b) => a.by - b.by)
          .map(({ one }) => one);
        expect(assign(shuffled, rules)).toEqual(assign(fleet, rules));
      }),
    );
  });

  it("moves at most one other shard for each wave when a shard comes or goes", () => {
    fc.assert(
      fc.property(anyFleet, takes, fc.nat(), (fleet, rules, at) => {
        const gone = fleet[at % fleet.length];
        const before = indexes(fleet, rules);
        const after = indexes(
          fleet.filter((one) => one !== gone),
          rules,
        );
        const moves = [...after].filter(([name, index]) => before.get(name) !== index);
        expect(moves.length).toBeLessThanOrEqual(rules.length);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes so many of what is left of each prefix, and what fits", () => {
    fc.assert(
      fc.property(anyFleet, anyRules, (fleet, rules) => {
        let left = fleet;
        for (const [index, { fits = () => true, take }] of rules.entries()) {
          const wave = assign(fleet, rules)[index]?.shards ?? [];
          for (const prefix of ["sh", "t"]) {
            const ofPrefix = (list: readonly Ranked[]) =>
              list.filter((one) => prefixOf(one) === prefix);
            const candidates = ofPrefix(left.filter(fits));
            const chosen = ofPrefix(wave);
            expect(chosen.every((one) => candidates.includes(one))).toBe(true);
            if (take === undefined) {
              expect(chosen).toHaveLength(candidates.length);
            } else if ("count" in take) {
              expect(chosen).toHaveLength(Math.min(take.count, candidates.length));
            } else if ("percent" in take) {
              const exact = (candidates.length * take.percent) / 100;
              expect(chosen.length).toBeGreaterThanOrEqual(exact - 1e-6);
              expect(chosen.length).toBeLessThan(exact + 1);
            } else {
              for (const node of ["a", "b", "c"]) {
                const on = (list: readonly Ranked[]) =>
                  list.filter((one) => one.node.name === node).length;
                expect(on(chosen)).toBe(Math.min(take.perNode, on(candidates)));
              }
            }
          }
          left = left.filter((one) => !wave.includes(one));
        }
      }),
    );
  });

  it("takes those first that rank first, and breaks ties by place", () => {
    const fleet = [shard("b", "sh1", 1), shard("a", "sh2", 1), shard("a", "sh1", 2)];
    const [first, second] = assign(fleet, [
      { name: "one", take: { count: 1 } },
      { name: "half", take: { percent: 50 } },
    ]);
    expect(names(first?.shards ?? [])).toEqual(["a/sh2"]);
    expect(names(second?.shards ?? [])).toEqual(["b/sh1"]);
  });

  it("takes no shard more for what binary numbers cannot say", () => {
    const fleet = Array.from({ length: 1000 }, (_, rank) => shard("a", `sh${rank}`, rank));
    expect(assign(fleet, [{ name: "w", take: { percent: 1.1 } }])[0]?.shards).toHaveLength(11);
  });
});

describe("wavesOfChains", () => {
  it("gives each wave the chains of its shards", () => {
    const [one, two, three] = [shard("a", "sh1", 1), shard("a", "sh2", 2), shard("a", "sh3", 3)];
    const waves = assign([one, two, three], [{ name: "canary", take: { count: 1 } }]);
    const chains = [{ shard: three, pending: ["1.a.sh"] }];
    expect(wavesOfChains(waves, chains)).toEqual([
      { name: "canary", shards: [one], chains: [] },
      { name: "rest", shards: [two, three], chains },
    ]);
  });
});
