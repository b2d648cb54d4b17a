import { describe, expect, it } from "vitest";
import { renderConstFunctionBody, storeConstFunctionSql } from "./const-function.js";
import {
  isNodeLedgerRow,
  type NodeLedger,
  NodeLedgerReader,
  type NodeLedgerRow,
  nodeLedgerSql,
  parseNodeLedger,
  readNodeLedger,
  readShardLedger,
  storeDigestSql,
  storeFingerprintSql,
} from "./node-ledger.js";
import { EntryPool, ledgerEntry, renderShardLedger } from "./shard-ledger.js";

const [a, b] = ["a".repeat(64), "b".repeat(64)];
const noon = new Date("2026-01-02T12:00:00Z");
const later = new Date("2026-01-02T12:00:01Z");

function row(schema: string, second: Date, oid = 1): NodeLedgerRow {
  const entries = [ledgerEntry("1.a.sh", a, noon), ledgerEntry("2.b.sh", b, second)];
  const stored = renderShardLedger(entries);
  return { name: "mig_versions_const", stored, schemas: [[schema, oid]] };
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

  it("reads the ledgers of all schemas that have the same one", () => {
    const [name, none] = ["mig_versions_const", { name: null, stored: null }];
    const schemas = [["sh2", 2] as const, ["sh1", 1] as const];
    const reader = new NodeLedgerReader();
    reader.add({ ...row("", noon), schemas });
    reader.add({ ...none, schemas: [["sh4", 4] as const, ["sh3", 3] as const] });
    const { shards } = reader.end();
    expect(
      shards.map(({ shard, schemaOid, entries }) => [shard, schemaOid, entries.length]),
    ).toEqual([
      ...[
        ["sh1", 1, 2],
        ["sh2", 2, 2],
        ["sh3", 3, 0],
        ["sh4", 4, 0],
      ],
    ]);
    expect(new Set(shards.map(({ storedHash }) => storedHash)).size).toBe(2);
    const broken = new NodeLedgerReader();
    broken.add({ name, stored: "SELECT 1", schemas });
    expect(() => broken.end()).toThrow(
      '2 shards, functions mig_versions_const(), hold no list of versions: "sh1", "sh2".',
    );
  });

  it("gives the very objects of a reading before, of what has not changed since", () => {
    const read = (rows: readonly NodeLedgerRow[], before?: NodeLedger) => {
      const reader = new NodeLedgerReader(new EntryPool(), before);
      for (const one of rows) {
        reader.add(one);
      }
      return reader.end();
    };
    const empty = { name: null, stored: null, schemas: [["sh3", 3] as const] };
    const before = read([row("sh1", noon), row("sh2", noon), empty]);
    expect(read([empty, row("sh2", noon), row("sh1", noon)], before).shards).toBe(before.shards);
    const [one, two, three] = before.shards;
    for (const changed of [row("sh2", later), row("sh2", noon, 7)]) {
      const now = read([row("sh1", noon), changed, empty], before);
      expect(now.shards).not.toBe(before.shards);
      expect(now.shards[0]).toBe(one);
      expect(now.shards[1]).not.toEqual(two);
      expect(now.shards[2]).toBe(three);
      expect(now).toEqual(read([row("sh1", noon), changed, empty]));
    }
    expect(read([row("sh1", noon)], before).shards).toEqual([one]);
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

  it("throws the very error of a ledger that is the only one, with its name and its text", () => {
    const reader = new NodeLedgerReader();
    reader.add({ ...row("sh7", noon), stored: null });
    expect(() => reader.end()).toThrow(
      expect.objectContaining({
        code: "LEDGER_UNREADABLE",
        where: { shard: "sh7" },
        message: expect.stringContaining('shard "sh7", function mig_versions_const(),'),
        hint: expect.stringContaining("restore it as"),
      }),
    );
  });

  it("keeps the error of the first shard as the cause, and names no more than there are", () => {
    const reader = new NodeLedgerReader();
    for (const schema of ["sh2", "sh1"]) {
      reader.add({ ...row(schema, noon), stored: "SELECT 1" });
    }
    expect(() => reader.end()).toThrow(
      expect.objectContaining({
        code: "LEDGER_UNREADABLE",
        message: expect.stringMatching(/: "sh1", "sh2"\.$/),
        hint: expect.stringContaining("restore it as"),
        cause: expect.objectContaining({ where: { shard: "sh1" } }),
      }),
    );
  });
});

describe("parseNodeLedger", () => {
  const stored = (name: string) => ` SELECT '${name}'; `;

  it("has each schema once, in code-unit order, and what the node itself remembers", () => {
    const rows = [
      row("sh2", noon, 2),
      { schemas: [["sh10", 10] as const], name: null, stored: null },
      { schemas: [["public", 3] as const], name: "mig_digest_const", stored: stored("2026.ab") },
      row("public", noon, 3),
      {
        schemas: [["public", 3] as const],
        name: "mig_rerun_fingerprint_const",
        stored: stored(""),
      },
      { schemas: [["sh2", 2] as const], name: "mig_digest_const", stored: stored("of the shard") },
    ];
    for (const given of [rows, rows.toReversed()]) {
      const { shards, digest, fingerprint } = parseNodeLedger(given);
      expect(shards.map(({ shard, entries }) => [shard, entries.length])).toEqual([
        ["public", 2],
        ["sh10", 0],
        ["sh2", 2],
      ]);
      expect(shards.map(({ schemaOid }) => schemaOid)).toEqual([3, 10, 2]);
      expect({ digest, fingerprint }).toEqual({ digest: "2026.ab", fingerprint: "" });
    }
  });

  it("remembers nothing where the node has no function, or one that is not ours", () => {
    const none = { digest: undefined, fingerprint: undefined };
    expect(parseNodeLedger([])).toEqual({ shards: [], ...none });
    const foreign = { schemas: [["public", 3] as const], name: "mig_digest_const" };
    for (const text of [null, "SELECT 1"]) {
      expect(parseNodeLedger([{ ...foreign, stored: text }])).toMatchObject(none);
    }
  });
});

describe("reading from a server", () => {
  async function ask(
    read: (client: { query: (sql: string) => Promise<{ rows: object[] }> }) => unknown,
  ) {
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      return { rows: [row("sh1", noon)] };
    };
    return { result: await read({ query }), asked };
  }

  it("takes one query for all ledgers, and the same one for that of a shard", async () => {
    const all = await ask((client) => readNodeLedger(client));
    expect(all).toMatchObject({ asked: [nodeLedgerSql], result: { shards: [{ shard: "sh1" }] } });
    const one = await ask((client) => readShardLedger(client, "sh'1"));
    expect(one.result).toMatchObject({ shard: "sh1" });
    expect(one.asked).toHaveLength(1);
    const condition = "\nAND n.nspname OPERATOR(pg_catalog.=) 'sh''1'::pg_catalog.name\nGROUP BY";
    expect(one.asked[0]).toContain(condition);
    expect(one.asked[0]?.replace(condition, "\nGROUP BY")).toBe(nodeLedgerSql);
  });

  it("asks for the functions by the names under which they are stored", () => {
    const names = ["mig_versions_const", "mig_digest_const", "mig_rerun_fingerprint_const"];
    expect(nodeLedgerSql).toContain(`'{${names.join()}}'::pg_catalog.name[]`);
    expect(nodeLedgerSql).toContain("'^(pg_|debug_)'");
    const value = "v";
    expect(storeDigestSql(value)).toEqual(
      storeConstFunctionSql("public", "mig_digest_const", renderConstFunctionBody({ value })),
    );
    expect(storeFingerprintSql(value)).toEqual(
      storeConstFunctionSql(
        "public",
        "mig_rerun_fingerprint_const",
        renderConstFunctionBody({ value }),
      ),
    );
  });
});

describe("isNodeLedgerRow", () => {
  it("is a row with all three columns, whatever they hold", () => {
    const whole = { name: null, stored: null, schemas: [] };
    expect(isNodeLedgerRow(whole)).toBe(true);
    for (const column of Object.keys(whole)) {
      const { [column as "name"]: _, ...rest } = whole;
      expect(isNodeLedgerRow(rest), column).toBe(false);
    }
  });
});
