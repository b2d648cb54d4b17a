import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { parseCreateIndexConcurrently } from "./concurrent-index.js";
import { phrasesOf } from "./sql-phrase.js";

function parse(sql: string) {
  const [phrase] = parseScript(sql, { file: "f.sql" }).statements.flatMap(phrasesOf);
  if (phrase === undefined) {
    throw new Error(`no command in ${sql}`);
  }
  return parseCreateIndexConcurrently(phrase);
}

describe("parseCreateIndexConcurrently", () => {
  it.each([
    ["CREATE INDEX CONCURRENTLY ix ON t (a)", ["ix"], true],
    ["create unique index concurrently if not exists ix on s.t using btree (a)", ["s", "ix"], true],
    ['CREATE INDEX CONCURRENTLY "I;x" ON ONLY "S".t (a)', ['"S"', '"I;x"'], true],
    ["CREATE INDEX CONCURRENTLY ix ON t (lower(a))", ["ix"], false],
  ])("reads the name, and whether it is plain: %s", (sql, index, plain) => {
    expect(parse(sql)).toEqual({ index, plain });
  });

  // Builds that wait for each other must not start together: what is not known is not plain.
  it.each([
    "CREATE INDEX CONCURRENTLY ON t (a)",
    "CREATE INDEX CONCURRENTLY s.ix ON t (a)",
    "CREATE INDEX CONCURRENTLY :name ON t (a)",
    "CREATE INDEX CONCURRENTLY ix ON :table (a)",
    'CREATE INDEX CONCURRENTLY ix ON U&"t" (a)',
    "CREATE INDEX CONCURRENTLY ix IN t (a)",
  ])("takes nothing for known in a form that it does not know: %s", (sql) => {
    expect(parse(sql)).toEqual({ index: undefined, plain: false });
  });

  it.each(["CREATE INDEX CONCURRENTLY ix ON t", "CREATE INDEX CONCURRENTLY ix ON t AS (a)"])(
    "knows no columns where none are: %s",
    (sql) => {
      expect(parse(sql)).toEqual({ index: ["ix"], plain: false });
    },
  );

  it.each([
    "CREATE INDEX ix ON t (a)",
    "DROP INDEX CONCURRENTLY ix",
    "CREATE TABLE concurrently ()",
  ])("is not about %s", (sql) => {
    expect(parse(sql)).toBeUndefined();
  });
});
