import { describe, expect, it } from "vitest";
import { NodeLedgerReader, type NodeLedgerRow } from "./node-ledger.js";
import { EntryPool, ledgerEntry, renderShardLedger } from "./shard-ledger.js";

const [a, b] = ["a".repeat(64), "b".repeat(64)];
const noon = new Date("2026-01-02T12:00:00Z");
const later = new Date("2026-01-02T12:00:01Z");

function row(schema: string, second: Date, oid = 1): NodeLedgerRow {
  const entries = [ledgerEntry("1.a.sh", a, noon), ledgerEntry("2.b.sh", b, second)];
  return { schema, oid, name: "mig_versions_const", stored: renderShardLedger(entries) };
}

describe("NodeLedgerReader", () => {
  it("keeps one of what shards have in common, also over nodes", () => {
    const pool = new EntryPool();
    const [first, second] = [new NodeLedgerReader(pool), new NodeLedgerReader(pool)];
    first.add(row("sh1", noon));
    first.add(row("sh2", later));
    second.add(row("sh1", noon, 7));
    const [one, two] = first.end().shards;
    const [other] = second.end().shards;
    expect(other?.entries).toBe(one?.entries);
    expect(two?.entries).not.toEqual(one?.entries);
    expect(two?.entries[0]).toBe(one?.entries[0]);
    expect(other?.schemaOid).toBe(7);
  });

  it("names the shards whose ledgers cannot be read in order, when all are known", () => {
    const reader = new NodeLedgerReader();
    const broken = (schema: string) => ({ ...row(schema, noon), stored: "SELECT 1" });
    reader.add(broken("sh3"));
    reader.add(row("sh1", noon));
    reader.add(broken("sh2"));
    expect(() => reader.end()).toThrow(
      expect.objectContaining({
        where: { shard: "sh2" },
        message: expect.stringContaining("2 shards, functions mig_versions_const(), hold no list"),
      }),
    );
    for (let n = 10; n < 20; n++) {
      reader.add(broken(`sh${n}`));
    }
    expect(() => reader.end()).toThrow('"sh10", "sh11", "sh12", "sh13", "sh14" and 7 more.');
  });
});
