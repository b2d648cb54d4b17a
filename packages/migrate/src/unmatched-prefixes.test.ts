import { parseVersion, type Version } from "@pg-mig/migrations";
import { describe, expect, it } from "vitest";
import { findUnmatchedPrefixes } from "./unmatched-prefixes.js";

const versionsOf = (...names: string[]) =>
  names.flatMap((name): Version[] => {
    const version = parseVersion(name);
    return version === undefined ? [] : [version];
  });

const find = (versions: readonly string[], schemas: readonly string[]) =>
  findUnmatchedPrefixes(versionsOf(...versions), new Set(schemas));

describe("findUnmatchedPrefixes", () => {
  it("names the nearest schemas, one of those that differ in digits alone", () => {
    const schemas = ["public", "billing", "sh0002", "sh0001", "users1", "audit"];
    expect(find(["1.a.usr"], schemas)).toEqual([
      {
        prefix: "usr",
        versions: ["1.a.usr"],
        takenBy: [],
        nearestSchemas: ["users1", "sh0001", "audit"],
        message:
          'The prefix "usr" matches no schema on any node, so 1.a.usr runs nowhere. The nearest schemas: users1, sh0001, audit.',
      },
    ]);
    expect(find(["1.a.shard"], schemas)[0]?.nearestSchemas[0]).toBe("sh0001");
    expect(find(["1.a.sh0003"], schemas)[0]?.nearestSchemas[0]).toBe("sh0001");
  });

  it("names a few of many versions", () => {
    const names = ["1.a.x", "2.b.x", "3.c.x", "4.d.x", "5.e.x"];
    expect(find(names, [])[0]?.message).toBe(
      'The prefix "x" matches no schema on any node, so 1.a.x, 2.b.x, 3.c.x and 2 more run nowhere.',
    );
  });

  it("says where the schemas go that longer prefixes take, and guesses nothing then", () => {
    expect(find(["1.a.sh", "2.b.sh0"], ["sh01", "public"])).toEqual([
      expect.objectContaining({
        nearestSchemas: [],
        message:
          'Longer prefixes (sh0) take every schema that the prefix "sh" matches, so 1.a.sh runs nowhere.',
      }),
    ]);
  });

  it("says nothing where not all schemas are known", () => {
    expect(findUnmatchedPrefixes(versionsOf("1.a.usr"), undefined)).toEqual([]);
  });
});
