import { describe, expect, it } from "vitest";
import { buildUndoPlan, latestVersions } from "./undo-plan.js";

const node = { name: "n1:5432/app", label: "n1" };
const shard = (name: string, ...versions: readonly string[]) => ({ node, name, versions });

describe("buildUndoPlan", () => {
  it("undoes the version where it is the latest and passes over where it was never applied", () => {
    const [two, one] = [shard("sh2", "1.a.sh", "2.b.sh"), shard("sh1", "2.b.sh")];
    const shards = [two, one, shard("sh3", "1.a.sh")];
    const { chains, violations } = buildUndoPlan({ version: "2.b.sh", shards });
    expect(violations).toEqual([]);
    expect(chains).toEqual([
      { shard: one, pending: ["2.b.sh"] },
      { shard: two, pending: ["2.b.sh"] },
    ]);
    expect(chains[0]?.shard).toBe(one);
  });

  it("refuses, naming what comes after, where the version is not the latest", () => {
    const plan = buildUndoPlan({
      version: "1.a.sh",
      shards: [shard("sh1", "1.a.sh", "2.b.sh", "3.c.sh"), shard("sh2", "1.a.sh")],
    });
    expect(plan.chains).toMatchObject([{ shard: { name: "sh2" } }]);
    expect(plan.violations).toMatchObject([
      {
        code: "UNDO_NOT_LATEST",
        shard: { node, name: "sh1" },
        message: "1.a.sh cannot be undone on n1, shard sh1: 2.b.sh, 3.c.sh come after it.",
        hint: "Undo those first, 3.c.sh to begin with.",
      },
    ]);
  });

  it("names the version that comes next, and no more than ten of those that come after it", () => {
    const names = Array.from({ length: 12 }, (_, i) => `${10 + i}.v.sh`);
    const refusal = (count: number) =>
      buildUndoPlan({ version: "10.v.sh", shards: [shard("sh1", ...names.slice(0, 1 + count))] })
        .violations[0];
    const one = refusal(1);
    expect(one).toMatchObject({ onDisk: undefined, inDatabase: "11.v.sh" });
    expect(one?.message).toMatch(/: 11\.v\.sh comes after it\.$/);
    expect(one?.hint).toBe("Undo that first, 11.v.sh to begin with.");
    expect(refusal(10)?.message).toMatch(/: 11\.v\.sh, .*, 20\.v\.sh come after it\.$/);
    const eleven = refusal(11);
    expect(eleven).toMatchObject({ inDatabase: "11.v.sh" });
    expect(eleven?.message).toMatch(/20\.v\.sh, 1 more come after it\.$/);
    expect(eleven?.hint).toBe("Undo those first, 21.v.sh to begin with.");
  });

  it("has nothing to do for a version that is applied nowhere", () => {
    const shards = [shard("sh1", "1.a.sh"), shard("sh2")];
    expect(buildUndoPlan({ version: "9.z.sh", shards })).toEqual({ chains: [], violations: [] });
  });
});

describe("latestVersions", () => {
  it("groups the shards by their latest version, the last name first", () => {
    expect(
      latestVersions([
        shard("sh2", "1.a.sh"),
        shard("sh1", "1.a.sh"),
        shard("sh3", "1.a.sh", "2.b.sh"),
        shard("sh4"),
      ]),
    ).toEqual([
      { version: "2.b.sh", shards: [shard("sh3", "1.a.sh", "2.b.sh")] },
      {
        version: "1.a.sh",
        shards: [shard("sh1", "1.a.sh"), shard("sh2", "1.a.sh")],
      },
    ]);
  });

  it("lists the last name first, whatever order the shards are in", () => {
    const shards = ["3.c.sh", "1.a.sh", "4.d.sh", "2.b.sh"].map((name, i) => shard(`s${i}`, name));
    for (const list of [shards, shards.toReversed()]) {
      const versions = latestVersions(list).map(({ version }) => version);
      expect(versions).toEqual(["4.d.sh", "3.c.sh", "2.b.sh", "1.a.sh"]);
    }
  });
});
