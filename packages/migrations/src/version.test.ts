import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareVersions,
  migrationFileName,
  parseMigrationFileName,
  parseVersion,
} from "./version.js";

describe("parseVersion", () => {
  it("takes a name apart", () => {
    expect(parseVersion("20191107201239.my-name_2.sh")).toEqual({
      name: "20191107201239.my-name_2.sh",
      timestamp: "20191107201239",
      title: "my-name_2",
      prefix: "sh",
    });
  });

  it.each([
    "",
    "1.a",
    "1.a.b.sh",
    "1..sh",
    "1.a.",
    "x1.a.sh",
    "1a.a.sh",
    "-1.a.sh",
    "1.a/b.sh",
    "1.a\nb.sh",
    '1.a"b.sh',
    '1.a.s"h',
    "1.a\\b.sh",
    "1.a.s\\h",
    "1.a.s\th",
    "1.a.sh.up.sql",
    "٣.a.sh",
  ])("does not take %j for a version", (name) => {
    expect(parseVersion(name)).toBeUndefined();
  });
});

describe("migration file names", () => {
  const part = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/[./\\"\p{Cc}]/u.test(text));

  it("are read back as the version and direction that they were made of", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        part,
        part,
        fc.constantFrom("up", "down"),
        (digits, title, prefix, direction) => {
          const name = `${digits}.${title}.${prefix}`;
          expect(parseMigrationFileName(migrationFileName(name, direction))).toEqual({
            version: { name, timestamp: String(digits), title, prefix },
            direction,
          });
        },
      ),
    );
  });
});

describe("compareVersions", () => {
  it("orders by code units: no locale, and no number", () => {
    const names = ["9.a.sh", "10.a.sh", "1.ä.sh", "1.a.sh", "1.B.sh", "1.a-b.sh"];
    expect([...names].sort(compareVersions)).toEqual([
      "1.B.sh",
      "1.a-b.sh",
      "1.a.sh",
      "1.ä.sh",
      "10.a.sh",
      "9.a.sh",
    ]);
  });
});
