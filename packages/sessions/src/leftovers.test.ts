import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { leftoversOf } from "./leftovers.js";

const judge = (text: string) => leftoversOf(parseScript(text, { file: "a.sql" }));

describe("leftoversOf", () => {
  it.each([
    "ALTER TABLE t ADD COLUMN c int;",
    'ALTER TABLE t ADD COLUMN IF NOT EXISTS "C d" double precision NOT NULL, ADD e timestamp (3) with time zone;',
    "ALTER TABLE IF EXISTS ONLY s.t ADD c character varying(10) NULL, ADD d numeric(5,2)[], ADD e int[3][];",
    'alter table t rename to u; alter table t /* no */ rename column "A b" to c;',
    "-- only a comment\n",
    "/* and */; ; -- semicolons\n;",
    "alter table t add column c int; create table u (id int); drop table u;",
    "CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL); DROP TABLE u;",
    "COMMENT ON TABLE t IS 'SET ROLE, TEMP, set_config()'; GRANT SELECT ON t TO PUBLIC;",
  ])("knows that nothing is left behind by %j", (text) => {
    expect(judge(text)).toBe("none");
  });

  it.each([
    "SET work_mem = '1MB';",
    "SET LOCAL search_path TO a; SELECT 1.5;",
    "SELECT pg_catalog.set_config('search_path', '', false);",
    "UPDATE t SET a = b.c FROM b;",
    "INSERT INTO t VALUES (1);",
    "CREATE TEMP TABLE t (id int);",
    "create temp table t (id int);",
    "create temporary table t (id int);",
    "create table t as select f();",
    "CREATE TABLE PG_TEMP.t (id int);",
    "ALTER TABLE t ATTACH PARTITION u FOR VALUES IN (1);",
    "ALTER TABLE t ADD CHECK (f(id));",
    "CREATE EXTENSION x;",
    "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS IDENTITY;",
    "CREATE SCHEMA s;",
    "ALTER TABLE t VALIDATE CONSTRAINT c;",
    "CREATE TABLE pg_temp.t (id int);",
    "CREATE TABLE t AS SELECT f();",
    "ALTER TABLE t ADD COLUMN c int DEFAULT f();",
    "ALTER TABLE t ALTER COLUMN c TYPE int USING f(c);",
    "CREATE INDEX ON t (f(c));",
    "DO $$ BEGIN PERFORM 1; END $$;",
    "(SELECT f());",
    "CREATE TABLE t (id int); ((TABLE v) UNION VALUES (f()));",
    // Of these, PostgreSQL runs functions of the user's for the rows that are there.
    "ALTER TABLE t ADD COLUMN c a_domain;",
    "ALTER TABLE t ADD COLUMN c public.text;",
    "ALTER TABLE t ADD COLUMN c int, ADD d a_domain;",
    "ALTER TABLE t ALTER c TYPE a_domain;",
    "ALTER TYPE pair ADD ATTRIBUTE c a_domain CASCADE;",
    "ALTER DOMAIN d SET NOT NULL;",
    "ALTER TABLE t ADD EXCLUDE ((f(id)) WITH =);",
    "CREATE TABLE p PARTITION OF t FOR VALUES IN (f(1));",
    "CREATE SERVER s FOREIGN DATA WRAPPER w;",
    "ALTER TABLE t ADD COLUMN c int, ALTER d SET NOT NULL;",
    "ALTER TABLE t ADD COLUMN c int UNIQUE;",
    "ALTER TABLE t ADD COLUMN c int REFERENCES u;",
    "ALTER TABLE t ADD COLUMN c int OPTIONS (a 'b');",
    "ALTER TABLE t DROP c;",
    "ALTER TABLE t SET UNLOGGED;",
    "CREATE TABLE t (LIKE u INCLUDING ALL);",
    'CREATE TABLE "pg_temp".t (id int);',
    String.raw`CREATE TABLE U&"pg\005ftemp".t (id int);`,
    "CREATE FUNCTION f(a a_domain = 1) RETURNS int RETURN f(1);",
    "ALTER TABLE t ADD COLUMN c int; LISTEN x;",
    "\\set x 1\n",
  ])("trusts nothing of %j", (text) => {
    expect(judge(text)).toBe("droppable");
  });

  it.each([
    "SET my.setting = '1';",
    'set local "my" . "setting" to 1;',
    "SET SESSION my.setting = '1';",
    "SELECT set_config('a.b', 'c', false);",
    "SELECT set_config(name, 'c', false) FROM names;",
    "SELECT set_config('a' || '.b', 'c', false);",
    "DO $$ BEGIN EXECUTE 'SET a.b = 1'; END $$;",
    "SELECT setseed(0.5);",
    "LOAD 'auto_explain';",
    "\\set n a.b\nSET :n = 1;\n",
    "\\set f other.sql\n\\ir :f\n",
    "\\if true\n\\i other.sql\n\\endif\n",
    "\\cd sub\n\\include other.sql\n",
  ])("knows that no reset drops what is left behind by %j", (text) => {
    expect(judge(text)).toBe("lasting");
  });

  it("looks into included files", () => {
    const script = parseScript("\\ir other.sql\n", { file: "a.sql" });
    const other = parseScript("SET a.b = 1;", { file: "other.sql" });
    expect(leftoversOf(script)).toBe("droppable");
    expect(leftoversOf({ ...script, includes: new Map([["/other.sql", other]]) })).toBe("lasting");
  });
});
