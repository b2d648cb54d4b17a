import { type ShapeItem, shapeOf } from "@pg-mig/catalog";
import { describe, expect, it } from "vitest";
import { fitVersion } from "./fit-version.js";

/** A shape with some tables. */
const shape = (...tables: readonly string[]) =>
  shapeOf(
    "sh0001",
    tables.map((path): ShapeItem => ({ kind: "table", path, definition: "heap" })),
    { major: 18 },
  );

const shapes = new Map([
  [undefined, shape()],
  ["1", shape("a")],
  ["2", shape("a")],
  ["3", shape("a", "b")],
  ["4", shape("b")],
]);

describe("fitVersion", () => {
  it.each([
    ["the one version that leaves a shape", ["a", "b"], ["3"]],
    ["all versions that leave it", ["a"], ["1", "2"]],
    ["no version for an empty shard", [], [undefined]],
  ])("gives %s", (_, tables, versions) => {
    expect(fitVersion(shape(...tables), shapes)).toEqual({
      ...{ versions, nearest: undefined, differences: [] },
    });
  });

  it("gives the version with the fewest differences if none fits, of several the latest", () => {
    expect(fitVersion(shape("a", "b", "stray"), shapes)).toMatchObject({
      ...{ versions: [], nearest: "3", differences: [{ what: "extra", path: "stray" }] },
    });
    // One difference each from 1, 2 and 3.
    expect(fitVersion(shape("a", "c"), shapes).nearest).toBe("2");
    expect(fitVersion(shape("c"), shapes).nearest).toBe(undefined);
  });
});
