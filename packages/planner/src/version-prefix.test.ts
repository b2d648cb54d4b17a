import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefixMatches, versionsForShard } from "./version-prefix.js";

// A small alphabet, so that prefixes and shards often have a beginning in common.
const word = fc.string({
  unit: fc.constantFrom("s", "h", "0", "1", "_"),
  minLength: 1,
  maxLength: 6,
});

describe("prefixMatches", () => {
  it.each([
    ["sh", "sh", true],
    ["sh", "sh0001", true],
    ["sh", "sh0001old12", true],
    ["sh", "sharding", false],
    ["sh", "sh_0001", false],
    ["sh", "SH0001", false],
    ["sh", "ash0001", false],
    ["sh0000", "sh0000old1", true],
    ["sh0000", "sh0001", false],
    ["public", "public", true],
    ["public", "public2", true],
    ["public", "publication", false],
    ["s2h", "s2harding", true],
  ])("of %s and the shard %s gives %s", (prefix, shard, matches) => {
    expect(prefixMatches(prefix, shard)).toBe(matches);
  });

  it("agrees with the three rules written out as regular expressions", () => {
    fc.assert(
      fc.property(word, word, (prefix, shard) => {
        const naive =
          shard === prefix ||
          new RegExp(`^${prefix}[0-9]`).test(shard) ||
          (/[0-9]/.test(prefix) && shard.indexOf(prefix) === 0);
        expect(prefixMatches(prefix, shard)).toBe(naive);
      }),
    );
  });

  it("never gives a shard two prefixes neither of which starts with the other", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), word, (prefixes, shard) => {
        const matching = prefixes.filter((prefix) => prefixMatches(prefix, shard));
        for (const a of matching) {
          for (const b of matching) {
            expect(a.startsWith(b) || b.startsWith(a)).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("versionsForShard", () => {
  it("lets the longest prefix take the shard, wherever it stands in the list", () => {
    const versions = [
      { name: "1.a.sh", prefix: "sh" },
      { name: "2.b.sh0000", prefix: "sh0000" },
      { name: "3.c.sh", prefix: "sh" },
    ];
    expect(versionsForShard(versions, "sh0000old1").map(({ name }) => name)).toEqual([
      "2.b.sh0000",
    ]);
    expect(versionsForShard(versions, "sh0001").map(({ name }) => name)).toEqual([
      "1.a.sh",
      "3.c.sh",
    ]);
    expect(versionsForShard(versions, "sharding")).toEqual([]);
    const reversed = [...versions].reverse();
    for (const list of [versions, reversed, [...versions, ...reversed], versions.slice(1)]) {
      const prefixes = versionsForShard(list, "sh0000old1").map(({ prefix }) => prefix);
      expect(new Set(prefixes)).toEqual(new Set(["sh0000"]));
    }
  });

  it("gives the versions of one prefix, which matches and which no longer one of them beats", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), word, (prefixes, shard) => {
        const versions = prefixes.map((prefix, index) => ({
          name: `${index}.t.${prefix}`,
          prefix,
        }));
        const matching = versions.filter(({ prefix }) => prefixMatches(prefix, shard));
        const length = Math.max(0, ...matching.map(({ prefix }) => prefix.length));
        expect(versionsForShard(versions, shard)).toEqual(
          matching.filter(({ prefix }) => prefix.length === length),
        );
      }),
    );
  });
});
