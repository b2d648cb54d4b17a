import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { outsideTransactionName } from "./outside-transaction.js";
import { phrasesOf } from "./sql-phrase.js";
import { insideTransaction, outsideTransaction } from "./testing/transaction-samples.js";

const nameOf = (sql: string) =>
  parseScript(sql, { file: "f.sql" }).statements.flatMap(phrasesOf).map(outsideTransactionName)[0];

describe("outsideTransactionName", () => {
  it.each(outsideTransaction)("names $sql", ({ sql, name }) => {
    expect(nameOf(sql)).toBe(name);
  });

  it.each(insideTransaction)("lets %s run in a transaction", (sql) => {
    expect(nameOf(sql)).toBe(undefined);
  });

  it.each([
    ["CREATE INDEX CONCURRENTLY", "CREATE INDEX CONCURRENTLY"],
    ["DROP CREATE INDEX CONCURRENTLY ix", undefined],
    ["ALTER DATABASE app SET TABLESPACE s", "ALTER DATABASE … SET TABLESPACE"],
    ["DROP ALTER DATABASE app SET TABLESPACE s", undefined],
    ["DROP ALTER TABLE t DETACH PARTITION p CONCURRENTLY", undefined],
    ["ALTER TABLE t DETACH PARTITION p CONCURRENTLY x", undefined],
    ["REINDEX DATABASE app", "REINDEX DATABASE"],
    ["REINDEX SYSTEM app", "REINDEX SYSTEM"],
    ["REINDEX (VERBOSE) SCHEMA s", "REINDEX SCHEMA"],
    ["REINDEX", undefined],
  ])("judges %s by its words from the first to the last", (sql, name) => {
    expect(nameOf(sql)).toBe(name);
  });
});
