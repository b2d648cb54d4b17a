import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/** Files that interfere with their own transaction, session or ledger, and how a run of them ends. */
const fails: readonly { readonly name: string; readonly file: string; readonly says: RegExp }[] = [
  {
    name: "ends the transaction inside of a block",
    file: "CREATE TABLE t(); DO $$ BEGIN COMMIT; END $$;",
    says: /:1:19: invalid transaction termination/,
  },
  {
    name: "rolls the transaction back inside of a block",
    file: "CREATE TABLE t(); DO $$ BEGIN ROLLBACK; END $$;",
    says: /:1:19: invalid transaction termination/,
  },
  {
    name: "makes its COMMIT at run time",
    file: "CREATE TABLE t(); SELECT 'COM' || 'MIT' \\gexec",
    says: /would end the transaction/,
  },
  {
    name: "ends the transaction and opens another, at run time",
    file: "CREATE TABLE t(); SELECT v FROM (VALUES ('COM' || 'MIT'), ('BEG' || 'IN')) r(v) \\gexec",
    says: /would end the transaction/,
  },
  {
    name: "ends its own session",
    file: "CREATE TABLE t(); SELECT pg_terminate_backend(pg_backend_pid());",
    says: /connection was lost: terminating connection/,
  },
  {
    name: "makes its transaction read-only",
    file: "SET TRANSACTION READ ONLY; SELECT 1;",
    says: /read-only[\s\S]*could not be stored in the ledger/,
  },
  {
    name: "drops its own schema",
    file: "DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || current_schema; END $$;",
    says: /does not exist[\s\S]*neither drop nor rename its schema/,
  },
];

/** Files that are as odd, and harm nothing. */
const passes = {
  "drops all advisory locks": "SELECT pg_advisory_unlock_all(); CREATE TABLE t();",
  "writes another ledger":
    "CREATE TABLE t(); CREATE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '[\"x\"]'; $$;",
  "gives the ledger's name to another function, too":
    "CREATE TABLE t(); CREATE FUNCTION mig_versions_const(n int) RETURNS text LANGUAGE sql AS $$ SELECT 'x'; $$;",
  "takes another role and another schema":
    "CREATE TABLE t(); SET SESSION AUTHORIZATION pg_monitor; SET search_path TO pg_catalog;",
};

describe("a file that", () => {
  it.each(fails)("$name fails with a sentence, and leaves nothing behind", async (unruly) => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": unruly.file, "2.b.sh": "CREATE TABLE later();" });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(unruly.says);
    expect(stdout).toContain("0 of 4 steps applied, 2 failed, 2 not attempted");
    const schemas = await column(
      "SELECT nspname FROM pg_namespace WHERE nspname ~ '^sh' ORDER BY 1",
    );
    expect(schemas).toEqual(["sh1", "sh2"]);
    const left = "relnamespace::regnamespace::text ~ '^sh'";
    expect(await column(`SELECT relname FROM pg_class WHERE ${left}`)).toEqual([]);
    expect(await column("SELECT FROM pg_proc WHERE proname = 'mig_versions_const'")).toEqual([]);
  });

  it.each(Object.entries(passes))("%s is applied once, with its entry", async (_, file) => {
    const { migrations, pgMig, column, ledger } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": file, "2.b.sh": "CREATE TABLE later();" });
    const { stdout } = await pgMig();
    expect(stdout).toContain("4 of 4 steps applied");
    const tables =
      "SELECT oid::regclass::text FROM pg_class WHERE relname IN ('t', 'later') ORDER BY 1";
    expect(await column(tables)).toEqual(["sh1.later", "sh1.t", "sh2.later", "sh2.t"]);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
    expect(await ledger("sh2")).toEqual(["1.a.sh", "2.b.sh"]);
  });
});
