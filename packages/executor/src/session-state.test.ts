import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { mayChangeSession } from "./session-state.js";

const judge = (text: string) => mayChangeSession(parseScript(text, { file: "a.sql" }));

describe("mayChangeSession", () => {
  it.each([
    "ALTER TABLE t ADD COLUMN c int;",
    "-- only a comment\n",
    "CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL); DROP TABLE u;",
    "COMMENT ON TABLE t IS 'SET ROLE, TEMP, set_config()'; GRANT SELECT ON t TO PUBLIC;",
  ])("knows that nothing is left behind by %j", (text) => {
    expect(judge(text)).toBe(false);
  });

  it.each([
    "SET my.setting = '1';",
    "SELECT set_config('a.b', 'c', false);",
    "INSERT INTO t VALUES (1);",
    "CREATE TEMP TABLE t (id int);",
    "CREATE TABLE pg_temp.t (id int);",
    "CREATE TABLE t AS SELECT f();",
    "ALTER TABLE t ADD COLUMN c int DEFAULT f();",
    "ALTER TABLE t ALTER COLUMN c TYPE int USING f(c);",
    "CREATE INDEX ON t (f(c));",
    "DO $$ BEGIN PERFORM 1; END $$;",
    "ALTER TABLE t ADD COLUMN c int; LISTEN x;",
    "\\set x 1\n",
  ])("trusts nothing of %j", (text) => {
    expect(judge(text)).toBe(true);
  });
});
