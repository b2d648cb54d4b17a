import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { isSameIndex, parseCreateIndexConcurrently, parseDropIndex } from "./concurrent-index.js";
import { phrasesOf } from "./sql-phrase.js";

function phraseOf(sql: string) {
  const [phrase] = parseScript(sql, { file: "f.sql" }).statements.flatMap(phrasesOf);
  if (phrase === undefined) {
    throw new Error(`no command in ${sql}`);
  }
  return phrase;
}

const parse = (sql: string) => parseCreateIndexConcurrently(phraseOf(sql));

describe("parseCreateIndexConcurrently", () => {
  it.each([
    ["CREATE INDEX CONCURRENTLY ix ON t (a)", ["ix"], true],
    ["create unique index concurrently if not exists ix on s.t using btree (a)", ["s", "ix"], true],
    ['CREATE INDEX CONCURRENTLY "I;x" ON ONLY "S".t (a)', ['"S"', '"I;x"'], true],
    ["CREATE INDEX CONCURRENTLY ix ON t (a, b) TABLESPACE nowhere", ["ix"], true],
    ["CREATE INDEX CONCURRENTLY ix ON t (a) TABLESPACE whereabouts", ["ix"], true],
    ["CREATE INDEX CONCURRENTLY ix ON t (a) where b", ["ix"], false],
    ["CREATE INDEX CONCURRENTLY ix ON t (1.)", ["ix"], false],
    ["CREATE INDEX CONCURRENTLY ix ON t (.5)", ["ix"], false],
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

describe("parseDropIndex", () => {
  it.each([
    ["DROP INDEX a, s.b", false, false, [["a"], ["s", "b"]]],
    ["DROP INDEX IF EXISTS a CASCADE", false, true, [["a"]]],
    ["drop index concurrently a", true, false, [["a"]]],
    ['DROP INDEX CONCURRENTLY IF EXISTS "A"', true, true, [['"A"']]],
    ["DROP INDEX a CASCADE b", false, false, [["a"]]],
    ["DROP INDEX", false, false, []],
  ])("reads %s", (sql, concurrently, ifExists, indexes) => {
    expect(parseDropIndex(phraseOf(sql))).toEqual({ concurrently, ifExists, indexes });
  });
});

describe("isSameIndex", () => {
  it.each([
    [["ix"], ["IX"], true],
    [["ix"], ['"ix"'], true],
    [["ix"], ['"IX"'], false],
    [["s", "ix"], ["ix"], true],
    [["S", "ix"], ["s", "ix"], true],
    [["s", "ix"], ["t", "ix"], false],
  ])("compares %j and %j as the server does: %s", (a, b, same) => {
    expect(isSameIndex(a, b)).toBe(same);
    expect(isSameIndex(b, a)).toBe(same);
  });
});
