import { describe, expect, it } from "vitest";
import { buildUndoPlan, latestVersions } from "./undo-plan.js";

const shard = (name: string, ...versions: readonly string[]) => ({
  node: "n1",
  shard: name,
  versions,
});

describe("buildUndoPlan", () => {
  it("undoes the version where it is the latest and passes over where it was never applied", () => {
    expect(
      buildUndoPlan({
        version: "2.b.sh",
        shards: [shard("sh2", "1.a.sh", "2.b.sh"), shard("sh1", "2.b.sh"), shard("sh3", "1.a.sh")],
      }),
    ).toEqual({
      version: "2.b.sh",
      outcome: "ready",
      passedOver: 1,
      violations: [],
      chains: [
        { node: "n1", shard: "sh1", applied: ["2.b.sh"], pending: ["2.b.sh"] },
        { node: "n1", shard: "sh2", applied: ["1.a.sh", "2.b.sh"], pending: ["2.b.sh"] },
      ],
    });
  });

  it("refuses, naming what comes after, where the version is not the latest", () => {
    const plan = buildUndoPlan({
      version: "1.a.sh",
      shards: [shard("sh1", "1.a.sh", "2.b.sh", "3.c.sh"), shard("sh2", "1.a.sh")],
    });
    expect(plan.outcome).toBe("refused");
    expect(plan.violations).toMatchObject([
      {
        code: "UNDO_NOT_LATEST",
        shard: "sh1",
        message: "1.a.sh cannot be undone on n1, shard sh1: 2.b.sh, 3.c.sh come after it.",
        hint: "Undo those first, 3.c.sh to begin with.",
      },
    ]);
  });

  it("says that the version is applied nowhere", () => {
    const plan = buildUndoPlan({
      version: "9.z.sh",
      shards: [shard("sh1", "1.a.sh"), shard("sh2")],
    });
    expect(plan).toMatchObject({ outcome: "nowhere-applied", passedOver: 2, chains: [] });
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
      { version: "2.b.sh", shards: [{ node: "n1", shard: "sh3" }] },
      {
        version: "1.a.sh",
        shards: [
          { node: "n1", shard: "sh1" },
          { node: "n1", shard: "sh2" },
        ],
      },
    ]);
  });
});
