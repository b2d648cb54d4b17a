import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPlan } from "./build-plan.js";
import { unmatchedPrefixes } from "./unmatched-prefixes.js";
import { prefixMatches } from "./version-prefix.js";

// A small alphabet, so that prefixes and schemas often have a beginning in common.
const word = fc.string({ unit: fc.constantFrom("s", "h", "0", "1"), minLength: 1, maxLength: 5 });
const words = fc.array(word, { maxLength: 8 });

const versionsOf = (prefixes: readonly string[]) =>
  prefixes.map((prefix, index) => ({ name: `${index}.t.${prefix}`, prefix }));

describe("unmatchedPrefixes", () => {
  it("names a prefix that matches no schema once, with all its versions", () => {
    const versions = versionsOf(["usr", "sh", "usr"]);
    expect(unmatchedPrefixes(versions, ["public", "sh0001", "users"])).toEqual([
      { prefix: "usr", versions: ["0.t.usr", "2.t.usr"], takenBy: [] },
    ]);
  });

  it("says which longer prefixes take all schemas of a shorter one", () => {
    const versions = versionsOf(["sh", "sh1", "sh0"]);
    expect(unmatchedPrefixes(versions, ["sh01", "sh02", "sh1"])).toEqual([
      { prefix: "sh", versions: ["0.t.sh"], takenBy: ["sh0", "sh1"] },
    ]);
    expect(unmatchedPrefixes(versions, ["sh1", "sh01"])[0]?.takenBy).toEqual(["sh0", "sh1"]);
    expect(unmatchedPrefixes(versions, ["sh01", "sh1", "sh2"])).toEqual([]);
  });

  it("names exactly the prefixes whose versions an apply to empty shards would run nowhere", () => {
    fc.assert(
      fc.property(words, words, (prefixes, schemas) => {
        const versions = versionsOf(prefixes);
        const shards = schemas.map((name) => ({
          node: { name: "n", label: "n" },
          name,
          versions: [],
        }));
        const { chains } = buildPlan({ versions, shards });
        const run = new Set(chains.flatMap(({ pending }) => pending));
        const nowhere = versions.map(({ name }) => name).filter((name) => !run.has(name));
        const found = unmatchedPrefixes(versions, schemas);
        expect(found.flatMap(({ versions: names }) => names).sort()).toEqual(nowhere.sort());
        expect(new Set(found.map(({ prefix }) => prefix)).size).toBe(found.length);
      }),
    );
  });

  it("names as takers only longer prefixes that match what the shorter one matches, and all if any", () => {
    fc.assert(
      fc.property(words, words, (prefixes, schemas) => {
        for (const { prefix, takenBy } of unmatchedPrefixes(versionsOf(prefixes), schemas)) {
          const matched = schemas.filter((schema) => prefixMatches(prefix, schema));
          expect(takenBy.length === 0).toBe(matched.length === 0);
          for (const taker of takenBy) {
            expect(taker.length).toBeGreaterThan(prefix.length);
          }
          for (const schema of matched) {
            expect(takenBy.some((taker) => prefixMatches(taker, schema))).toBe(true);
          }
        }
      }),
    );
  });

  it("does not depend on the order or the number of the schemas", () => {
    fc.assert(
      fc.property(words, words, (prefixes, schemas) => {
        const versions = versionsOf(prefixes);
        const again = [...schemas, ...schemas].reverse();
        expect(unmatchedPrefixes(versions, again)).toEqual(unmatchedPrefixes(versions, schemas));
      }),
    );
  });
});
