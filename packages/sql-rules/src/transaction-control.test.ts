import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { phrasesOf } from "./sql-phrase.js";
import { controlName, transactionControlOf } from "./transaction-control.js";

const phraseOf = (sql: string) => {
  const [phrase] = parseScript(sql, { file: "f.sql" }).statements.flatMap(phrasesOf);
  if (phrase === undefined) {
    throw new Error(`no command in ${sql}`);
  }
  return phrase;
};

describe("transactionControlOf", () => {
  it.each([
    ["BEGIN ISOLATION LEVEL SERIALIZABLE", "begin", "BEGIN"],
    ["start transaction read only", "begin", "START TRANSACTION"],
    ["COMMIT WORK", "commit", "COMMIT"],
    ["END", "commit", "END"],
    ["COMMIT AND NO CHAIN", "commit", "COMMIT"],
    ["COMMIT WORK AND NO CHAIN", "commit", "COMMIT"],
    ["COMMIT AND CHAIN", "chain", "COMMIT AND CHAIN"],
    ["END AND CHAIN", "chain", "END AND CHAIN"],
    ["ROLLBACK", "rollback", "ROLLBACK"],
    ["ABORT WORK", "rollback", "ABORT"],
    ["PREPARE TRANSACTION 'x'", "prepare", "PREPARE TRANSACTION"],
  ])("judges %s as %s, and names it %s", (sql, control, name) => {
    expect(transactionControlOf(phraseOf(sql))).toBe(control);
    expect(controlName(phraseOf(sql))).toBe(name);
  });

  it.each([
    "START",
    "PREPARE TRANSACTION",
    "PREPARE transaction AS SELECT 1",
    "PREPARE p AS SELECT 'x'",
    "COMMIT PREPARED 'x'",
    "END PREPARED 'x'",
    "ROLLBACK PREPARED 'x'",
    "ROLLBACK TO s",
    "ABORT TO SAVEPOINT s",
    "SELECT 1",
    "VACUUM",
  ])("leaves %s alone", (sql) => {
    expect(transactionControlOf(phraseOf(sql))).toBeUndefined();
  });
});
