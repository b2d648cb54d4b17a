import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  editedVersions,
  type LedgerEntry,
  ledgerEntry,
  parseShardLedger,
  renderShardLedger,
  storeLedgerSql,
  withEntries,
  withEntry,
} from "./shard-ledger.js";

/** Texts that end what surrounds them. */
const nasty = fc
  .array(fc.constantFrom("'", "[", "]", '"', '{"applied":[', "*/", "$$", ",", "\\"))
  .map((parts) => parts.join(""));

const entry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    version: fc.oneof(fc.string({ unit: "grapheme" }), nasty),
    sha256: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/), { nil: undefined }),
    // Readers take any text without a blank, which somebody may have put there by hand.
    time: fc.oneof(fc.constantFrom("known", "unknown"), nasty),
  })
  .map(({ version, sha256, time }) => {
    if (sha256 === undefined) {
      return { version };
    }
    const known = ledgerEntry(version, sha256, new Date("2026-01-02T03:04:05.678Z"));
    const { checksum, appliedAt } = known;
    return time === "unknown" || time === ""
      ? { version, checksum }
      : { version, checksum, appliedAt: time === "known" ? appliedAt : time };
  });

describe("parseShardLedger", () => {
  it("reads back what renderShardLedger wrote", () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const stored = renderShardLedger(entries);
        expect(parseShardLedger({ shard: "sh", schemaOid: 1, stored }).entries).toEqual(entries);
        // So that SQL ends the comment where we do, and the quote around it.
        const aroundNames = stored.replace(/'(?:[^']|'')*'/, "");
        expect(aroundNames).toMatch(/^ SELECT ; (?:\/\* pg-mig [^/$]+ \*\/ )?$/);
      }),
    );
  });

  it("takes nothing from details that this tool does not write", () => {
    const checksum = "0123456789abcdef";
    const applied = [
      checksum,
      `${checksum} 2026-01-02T03:04:05Z`,
      `${checksum} two words`,
      `${checksum}0`,
      checksum.slice(1),
      checksum.toUpperCase(),
      "edited by hand",
      7,
      [checksum],
      null,
    ];
    const names = applied.map((_, i) => `v${i}`);
    const details = JSON.stringify({ applied });
    const stored = ` SELECT '${JSON.stringify(names)}'; /* pg-mig ${details} */ `;
    const { entries } = parseShardLedger({ shard: "sh", schemaOid: 1, stored });
    expect(entries).toEqual([
      { version: "v0", checksum },
      { version: "v1", checksum, appliedAt: "2026-01-02T03:04:05Z" },
      ...names.slice(2).map((version) => ({ version })),
    ]);
  });

  it.each([
    ["no object", "7"],
    ["null", "null"],
    ["an object without the list", "{}"],
    ["an object with a list that is none", '{"applied":"0123456789abcdef"}'],
    ["an object with a list that is too short", '{"applied":[]}'],
    ["a checksum after other characters", '{"applied":["x0123456789abcdef"]}'],
  ])("reads the versions where the details are %s", (_, details) => {
    const stored = ` SELECT '["v1"]'; /* pg-mig ${details} */ `;
    const { entries } = parseShardLedger({ shard: "sh", schemaOid: 1, stored });
    expect(entries).toEqual([{ version: "v1" }]);
  });

  it("knows the place and the hash of what was stored, which an entry that is added changes", () => {
    const ledger = parseShardLedger({ shard: "sh", schemaOid: 7, stored: " SELECT '[]'; " });
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(ledger).toEqual({
      shard: "sh",
      schemaOid: 7,
      entries: [],
      storedHash: hash(" SELECT '[]'; "),
    });
    const entries = [ledgerEntry("v1", "a".repeat(64), new Date(0))];
    const more = { ...ledger, entries, storedHash: hash(renderShardLedger(entries)) };
    expect(withEntries(ledger, entries)).toEqual(more);
    const stored = storeLedgerSql("sh", entries).at(-1) ?? "";
    expect(stored).toContain(`"sh".mig_versions_const()`);
    expect(stored).toContain(renderShardLedger(entries));
  });

  it("is empty where there is no ledger, with one list for all of these shards", () => {
    const ledger = { shard: "sh", schemaOid: 1 };
    expect(parseShardLedger({ ...ledger, stored: undefined })).toEqual({
      ...ledger,
      entries: [],
      storedHash: undefined,
    });
    const [one, other] = ["sh1", "sh2"].map((shard) =>
      parseShardLedger({ ...ledger, shard, stored: undefined }),
    );
    expect(one?.entries).toBe(other?.entries);
  });

  it("knows no checksums where pg-mig 2.x wrote the list", () => {
    const stored = ` SELECT '["v1","v2"]'; `;
    const { entries } = parseShardLedger({ shard: "sh", schemaOid: 1, stored });
    expect(entries).toEqual([{ version: "v1" }, { version: "v2" }]);
  });

  it.each([
    ["not JSON", "nonsense"],
    ["no list", '{"a":1}'],
    ["no list of names", "[1]"],
  ])("refuses a value that is %s, naming the shard", (_, value) => {
    const stored = ` SELECT '${value}'; `;
    const parse = () => parseShardLedger({ shard: "sh0007", schemaOid: 1, stored });
    expect(parse).toThrow(
      expect.objectContaining({ code: "LEDGER_UNREADABLE", where: { shard: "sh0007" } }),
    );
  });
});

describe("withEntry", () => {
  it("has all of the entries, and stores what a ledger with them stores", () => {
    const none: readonly LedgerEntry[] = [];
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const grown = entries.reduce(withEntry, none);
        expect(grown).toEqual(entries);
        expect(renderShardLedger(grown)).toBe(renderShardLedger([...entries]));
      }),
    );
  });

  it("takes what is stored of the others from their list, whose text is made once", () => {
    let readings = 0;
    const first = {
      get version() {
        readings++;
        return "v1";
      },
    };
    const entries = [first];
    expect(renderShardLedger(entries)).toBe(` SELECT '["v1"]'; `);
    expect(readings).toBe(1);
    const longer = withEntry(entries, { version: "v2" });
    expect(renderShardLedger(longer)).toBe(` SELECT '["v1","v2"]'; `);
    expect(storeLedgerSql("sh", entries).at(-1)).toContain(` SELECT '["v1"]'; `);
    expect(readings).toBe(1);
  });
});

describe("renderShardLedger", () => {
  it("writes no details where no checksum is known, as pg-mig 2.x does", () => {
    expect(renderShardLedger([{ version: "v1" }, { version: "v2" }])).toBe(
      ` SELECT '["v1","v2"]'; `,
    );
  });
});

describe("ledgerEntry", () => {
  it("has 16 digits of the checksum, and the time in UTC in whole seconds", () => {
    const at = new Date("2026-01-02T03:04:05.999+02:00");
    expect(ledgerEntry("v", "0123456789abcdef".repeat(4), at)).toEqual({
      version: "v",
      checksum: "0123456789abcdef",
      appliedAt: "2026-01-02T01:04:05Z",
    });
  });
});

describe("editedVersions", () => {
  it("names the versions whose file is another one now, and is silent where it cannot know", () => {
    const at = new Date(0);
    const entries = [
      ledgerEntry("same", "a".repeat(64), at),
      ledgerEntry("first digits", "0123456789abcdef".padEnd(64, "5"), at),
      ledgerEntry("other digits", "0123456789abcdef".padEnd(64, "5"), at),
      ledgerEntry("edited", "b".repeat(64), at),
      ledgerEntry("gone", "c".repeat(64), at),
      { version: "unknown" },
    ];
    const onDisk = new Map([
      ["same", "a".repeat(64)],
      ["first digits", "0123456789abcdef".padEnd(64, "7")],
      ["other digits", "0123456789abcdef".padStart(64, "7")],
      ["edited", "d".repeat(64)],
      ["unknown", "e".repeat(64)],
    ]);
    expect(editedVersions(entries, onDisk)).toEqual(["other digits", "edited"]);
  });
});
