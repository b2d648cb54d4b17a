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
});
