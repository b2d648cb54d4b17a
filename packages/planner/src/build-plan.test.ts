import { compareVersions, parseVersion } from "@pg-mig/migrations";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPlan } from "./build-plan.js";
import { compareShards } from "./plan.js";
import { versionsForShard } from "./version-prefix.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);
const node = { name: "n1:5432/app", label: "n1" };
const shard = (name: string, ...versions: readonly string[]) => ({ node, name, versions });

describe("buildPlan", () => {
  it("cuts the name of a version in a ledger that no file can have", () => {
    const name = `1.${"a".repeat(1_000_000)}.sh`;
    const { violations } = buildPlan({
      versions: [{ name: "1.a.sh", prefix: "sh" }],
      shards: [{ node, name: "sh1", versions: [name] }],
    });
    const [{ message = "", hint = "" } = {}] = violations;
    expect(`${message}${hint}`.length).toBeLessThan(1000);
    expect(message).toContain("… (1000005 characters) in the database");
  });

  it("gives a shard with an empty ledger all of its versions, and the others nothing", () => {
    expect(
      buildPlan({
        versions: disk("1.a.sh", "2.b.public", "3.c.sh"),
        shards: [shard("sh0001"), shard("sharding"), shard("public", "2.b.public")],
      }),
    ).toEqual({
      chains: [{ shard: shard("sh0001"), pending: ["1.a.sh", "3.c.sh"] }],
      violations: [],
    });
  });

  it("goes on where the ledger ends", () => {
    const begun = shard("sh0001", "1.a.sh", "2.b.sh");
    const { chains } = buildPlan({
      versions: disk("1.a.sh", "2.b.sh", "3.c.sh"),
      shards: [begun],
    });
    expect(chains).toEqual([{ shard: begun, pending: ["3.c.sh"] }]);
  });

  it("names both versions and says to rebase where a version came in before an applied one", () => {
    const { chains, violations } = buildPlan({
      versions: disk("1.a.sh", "2.b.sh", "3.c.sh"),
      shards: [shard("sh0001", "1.a.sh", "3.c.sh")],
    });
    expect(chains).toEqual([]);
    expect(violations).toEqual([
      {
        code: "TIMELINE_VIOLATION",
        shard: shard("sh0001", "1.a.sh", "3.c.sh"),
        onDisk: "2.b.sh",
        inDatabase: "3.c.sh",
        message:
          "Timeline violation on n1, shard sh0001: version 2 of the shard is 2.b.sh on disk, but 3.c.sh in the database.",
        hint: expect.stringContaining("Rebase: make 2.b.sh anew"),
      },
    ]);
  });

  it("says to bring in the applied version where the disk does not hold it", () => {
    const { violations } = buildPlan({
      versions: disk("1.a.sh", "3.c.sh"),
      shards: [shard("sh0001", "1.a.sh", "2.b.sh", "3.c.sh")],
    });
    expect(violations).toMatchObject([
      { code: "TIMELINE_VIOLATION", onDisk: "3.c.sh", inDatabase: "2.b.sh" },
    ]);
    expect(violations[0]?.hint).toMatch(/^Rebase: .*holds 2\.b\.sh/);
  });

  it("names the first version that is missing on disk where the ledger is longer", () => {
    const { violations } = buildPlan({
      versions: disk("1.a.sh"),
      shards: [shard("sh0001", "1.a.sh", "2.b.sh", "3.c.sh")],
    });
    expect(violations).toMatchObject([
      {
        code: "VERSION_MISSING_ON_DISK",
        onDisk: undefined,
        inDatabase: "2.b.sh",
        message: "2.b.sh is applied on n1, shard sh0001, but it is missing on disk.",
      },
    ]);
  });

  it("refuses a ledger on a shard that no prefix matches", () => {
    const { violations } = buildPlan({
      versions: disk("1.a.public"),
      shards: [shard("sh0001", "1.a.sh")],
    });
    expect(violations).toMatchObject([{ code: "VERSION_MISSING_ON_DISK", inDatabase: "1.a.sh" }]);
  });

  it("explains a version that is on disk but goes to another prefix now", () => {
    const { violations } = buildPlan({
      versions: disk("1.a.sh", "2.b.sh0000"),
      shards: [shard("sh0000", "1.a.sh")],
    });
    expect(violations).toMatchObject([
      { code: "TIMELINE_VIOLATION", onDisk: "2.b.sh0000", inDatabase: "1.a.sh" },
    ]);
    expect(violations[0]?.hint).toContain("prefix");
  });

  it("still plans the other shards beside a violation, so that both are shown", () => {
    const plan = buildPlan({
      versions: disk("1.a.sh"),
      shards: [shard("sh0002"), shard("sh0001", "0.z.sh")],
    });
    expect(plan.chains.map((chain) => chain.shard.name)).toEqual(["sh0002"]);
    expect(plan.violations.map((violation) => violation.shard.name)).toEqual(["sh0001"]);
  });
});

const versionName = fc
  .tuple(
    fc.integer({ min: 1, max: 99 }),
    fc.constantFrom("a", "b"),
    fc.constantFrom("sh", "sh0", "public"),
  )
  .map(([timestamp, title, prefix]) => `${timestamp}.${title}.${prefix}`);
const onDisk = fc
  .uniqueArray(versionName, { maxLength: 10 })
  .map((names) => disk(...names.sort(compareVersions)));
const place = fc.record({
  node: fc.constantFrom("n1", "n2", "n10").map((name) => ({ name, label: name })),
  name: fc.constantFrom("sh", "sh01", "sh1", "public", "other"),
});
type Placed = typeof place extends fc.Arbitrary<infer Value> ? Value : never;
const selector = ({ node, name }: Placed) => `${node.name}/${name}`;

describe("buildPlan, over random clusters", () => {
  it("gives every shard a chain, a violation or nothing, as a naive reading of the rule says", () => {
    fc.assert(
      fc.property(
        onDisk,
        fc.uniqueArray(place, { selector }),
        fc.array(fc.nat(4)),
        fc.array(versionName, { maxLength: 2 }),
        (versions, places, cuts, strangers) => {
          const shards = places.map((where, index) => {
            const own = versionsForShard(versions, where.name).map(({ name }) => name);
            const kept = own.slice(0, cuts[index] ?? 0);
            return { ...where, versions: index % 3 === 0 ? [...kept, ...strangers] : kept };
          });
          const { chains, violations } = buildPlan({ versions, shards });
          for (const given of shards) {
            const own = versionsForShard(versions, given.name).map(({ name }) => name);
            const applied = given.versions;
            const isBeginning = own.slice(0, applied.length).join() === applied.join();
            const chain = chains.filter((other) => other.shard === given);
            const violation = violations.filter((other) => other.shard === given);
            expect(violation).toHaveLength(isBeginning ? 0 : 1);
            expect(chain).toHaveLength(isBeginning && own.length > applied.length ? 1 : 0);
            expect(chain.flatMap((found) => [...found.shard.versions, ...found.pending])).toEqual(
              chain.length === 0 ? [] : own,
            );
          }
        },
      ),
    );
  });

  it("does not depend on the order of the shards, and survives JSON", () => {
    fc.assert(
      fc.property(
        onDisk,
        fc
          .uniqueArray(place, { selector })
          .chain((places) =>
            fc.tuple(
              fc.constant(places),
              fc.shuffledSubarray(places, { minLength: places.length, maxLength: places.length }),
            ),
          ),
        (versions, [places, shuffled]) => {
          const empty = (list: typeof places) => list.map((where) => ({ ...where, versions: [] }));
          const plan = buildPlan({ versions, shards: empty(places) });
          expect(buildPlan({ versions, shards: empty(shuffled) })).toEqual(plan);
          expect(plan.chains).toEqual(
            plan.chains.toSorted((a, b) => compareShards(a.shard, b.shard)),
          );
          expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        },
      ),
    );
  });
});
