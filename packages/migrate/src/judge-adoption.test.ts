import { type ShapeItem, shapeOf } from "@pg-mig/catalog";
import { describe, expect, it } from "vitest";
import { judgeAdoption, type LedgerlessShards } from "./judge-adoption.js";

const shape = (...tables: readonly string[]) =>
  shapeOf(
    "sh0001",
    tables.map((path): ShapeItem => ({ kind: "table", path, definition: "heap" })),
    { major: 18 },
  );

const made = {
  major: 18,
  shapes: new Map([
    [
      "sh",
      new Map([
        [undefined, shape()],
        ["1.a.sh", shape("a")],
        ["2.b.sh", shape("a", "b")],
      ]),
    ],
  ]),
};

const shards = (shard: string, ...tables: readonly string[]): LedgerlessShards => ({
  ...{ prefix: "sh", family: "16-18", shape: shape(...tables), shards: [{ node: "db1", shard }] },
});

const place = (shard: string) => [{ node: "db1", shard }];

describe("judgeAdoption", () => {
  it("gives a version to those that fit it, and nothing to others", () => {
    const found = [shards("sh1", "a"), shards("sh2"), shards("sh3", "a", "c")];
    expect(judgeAdoption(found, made, undefined)).toMatchObject({
      empty: 1,
      adopted: [{ version: "1.a.sh", by: "shape", shards: place("sh1") }],
      ambiguous: [],
      unfit: [{ nearest: "1.a.sh", shards: place("sh3"), differences: [{ path: "c" }] }],
      unread: [],
    });
  });

  it("takes somebody's word where the shape says nothing, and only there", () => {
    const as = { name: "2.b.sh", prefix: "sh" };
    const found = [shards("sh1", "c"), shards("sh2"), shards("sh3", "a", "b")];
    expect(judgeAdoption(found, made, as)).toMatchObject({
      empty: 1,
      adopted: [
        { version: "2.b.sh", by: "insisted", shards: place("sh1") },
        { version: "2.b.sh", by: "shape", shards: place("sh3") },
      ],
      unfit: [],
    });
    expect(() => judgeAdoption([shards("sh1", "a")], made, as)).toThrow(
      "db1:sh1: the shape is that of 1.a.sh, not of 2.b.sh.",
    );
    const ofOthers = { name: "1.x.zz", prefix: "zz" };
    expect(judgeAdoption([shards("sh1", "c")], made, ofOthers).adopted).toEqual([]);
  });

  it("compares nothing that a server prints otherwise", () => {
    const older = { ...shards("sh1", "a"), family: "14-15" };
    expect(judgeAdoption([older], made, undefined)).toMatchObject({
      ...{ adopted: [], unfit: [] },
      unread: [
        { shard: "sh1", reason: expect.stringContaining("which is of 16-18; for such shards") },
      ],
    });
  });
});
