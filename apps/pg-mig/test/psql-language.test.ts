import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("psql's language in a migration file", () => {
  it("includes files, relative to the file itself and not to where the command was started", async () => {
    const { migrations, write, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "\\ir parts/tables.sql\n\\i parts/more.sql\n" });
    await write("mig/parts/tables.sql", "CREATE TABLE t();\n\\ir deep/inner.sql\n");
    await write("mig/parts/deep/inner.sql", "CREATE TABLE inner_t();");
    await write("mig/parts/more.sql", "CREATE TABLE more();");
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(
      await column(
        "SELECT relname FROM pg_class WHERE relnamespace = 'sh1'::regnamespace ORDER BY 1",
      ),
    ).toEqual(["inner_t", "more", "t"]);
  });

  it("has variables: \\set, \\gset, \\if and \\gexec decide what runs on each shard", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.a.sh": [
        "\\set name 'my table'",
        "SELECT current_schema() AS shard, current_schema() = 'sh1' AS first \\gset",
        "\\if :first",
        `CREATE TABLE :"name" AS SELECT :'shard'::text AS made_in;`,
        "\\else",
        "SELECT format('CREATE TABLE %I()', 't' || i) FROM generate_series(1, 2) i \\gexec",
        "\\endif",
      ].join("\n"),
    });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await column('SELECT made_in FROM sh1."my table"')).toEqual(["sh1"]);
    expect(
      await column(
        "SELECT relname FROM pg_class WHERE relnamespace = 'sh2'::regnamespace ORDER BY 1",
      ),
    ).toEqual(["t1", "t2"]);
  });

  it("copies inline data, with tabs, \\N and quotes in it, among other statements", async () => {
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": [
        "CREATE TABLE t(id int, word text);",
        "COPY t FROM stdin;",
        '1\tit\'s; "quoted" -- no comment',
        "2\t\\N",
        "\\.",
        "COPY t (word, id) FROM stdin WITH (FORMAT csv);",
        '"a,b",3',
        "\\.",
        "UPDATE t SET word = 'none' WHERE word IS NULL;",
      ].join("\n"),
    });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await database.query("SELECT * FROM sh1.t ORDER BY id")).toEqual([
      { id: 1, word: 'it\'s; "quoted" -- no comment' },
      { id: 2, word: "none" },
      { id: 3, word: "a,b" },
    ]);
  });

  it("prints what \\echo prints, with its place", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "SELECT 6 * 7 AS answer \\gset\n\\echo The answer is :answer\n" });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(`${stdout}${stderr}`).toContain("The answer is 42");
  });

  it("prints the output of COPY TO STDOUT, also at the end of a file", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t AS SELECT 'printed' AS a;\nCOPY t TO STDOUT;\n" });
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    expect(`${stdout}${stderr}`).toContain("printed");
  });

  it("takes the word binary in a COPY, and refuses data that is binary", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": 'CREATE TABLE t("binary" int);\nCOPY t ("binary") FROM stdin; -- binary\n7\n\\.\n',
    });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await column('SELECT "binary" FROM sh1.t')).toEqual([7]);
    await migrations({ "2.b.sh": "SELECT 1;\nCOPY t FROM stdin (FORMAT binary);\n\\.\n" });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.b\.sh\.up\.sql:2:1: .*binary data cannot stand in a script/);
  });

  it.each(["\\drop table t;", "\\delete from t;", "\\lists", "\\zz", "\\start"])(
    "refuses what psql does not have before anything runs: %s",
    async (line) => {
      const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": `SELECT 1;\n${line}\n` });
      const { status, stderr } = await pgMig();
      expect(status).toBe(1);
      expect(stderr).toContain(`2.b.sh.up.sql:2:1: there is no psql command ${line.split(" ")[0]}`);
      expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    },
  );

  it("takes the output of pg_dump, with \\restrict", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `--
-- PostgreSQL database dump
--

\\restrict abcDEF123

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET default_tablespace = '';

CREATE TABLE t (
    id integer NOT NULL,
    word text
);

COPY t (id, word) FROM stdin;
7\tseven
\\.

\\unrestrict abcDEF123
`,
    });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await column("SELECT word FROM sh1.t")).toEqual(["seven"]);
  });

  it("takes a dump with large objects, all or nothing", async () => {
    const { migrations, pgMig, column, ledger } = await scenario({ shards: ["sh1"] });
    const dump = (end: string) => `\\restrict abc
SELECT pg_catalog.lo_create('4711');

BEGIN;

SELECT pg_catalog.lo_open('4711', 131072);
SELECT pg_catalog.lowrite(0, '\\x68656c6c6f');
SELECT pg_catalog.lo_close(0);

COMMIT;

\\unrestrict abc
${end}`;
    await migrations({ "1.a.sh": dump("SELECT 1/0;\n") });
    expect(await pgMig()).toMatchObject({ status: 1 });
    expect(await column("SELECT oid FROM pg_largeobject_metadata")).toEqual([]);
    await migrations({ "1.a.sh": dump("") });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await column("SELECT convert_from(lo_get(4711), 'UTF8')")).toEqual(["hello"]);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("names an invisible character, and what to do about a missing include", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t(a int DEFAULT\u00a01);" });
    const invisible = await pgMig();
    expect(invisible.status).toBe(1);
    expect(invisible.stdout + invisible.stderr).toContain(
      "U+00A0 (no-break space) stands in line 1, column 29. Type a plain space in its place.",
    );
    await migrations({ "1.a.sh": "\\ir parts/gone.sql\n" });
    const missing = await pgMig();
    expect(missing.status).toBe(1);
    expect(missing.stdout + missing.stderr).toMatch(/There is no file .*parts.gone\.sql\. Correct/);
    expect(missing.stdout + missing.stderr).not.toContain("ENOENT");
  });

  it("reads strings as the database's and the file's standard_conforming_strings say", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1"] });
    await database.query(`ALTER DATABASE "${database.name}" SET standard_conforming_strings = off`);
    await migrations({
      "1.a.sh": String.raw`CREATE TABLE t(n int, word text);
INSERT INTO t VALUES (1, 'a\\b');
SET standard_conforming_strings = on; INSERT INTO t VALUES (2, 'c\\d');
INSERT INTO t VALUES (3, 'e\');
`,
    });
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await column("SELECT word FROM sh1.t ORDER BY n")).toEqual(["a\\b", "c\\\\d", "e\\"]);
  });

  it("refuses another client encoding, with its place, and keeps nothing", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": "CREATE TABLE t();\nSET client_encoding = 'LATIN1';\nSELECT 1;\n",
    });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/1\.a\.sh\.up\.sql:2:1: the client encoding is LATIN1/);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("is all or nothing with the ledger, and tells the place in an included file", async () => {
    const { migrations, write, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();\n\\set n 0\n\\ir parts/bad.sql\n" });
    await write("mig/parts/bad.sql", "SELECT 1;\nSELECT 1 / :n;\n");
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/mig\/parts\/bad\.sql:2:\d+: division by zero/);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    expect(await column("SELECT to_regproc('sh1.mig_versions_const')")).toEqual([null]);
  });

  it("goes on in a run that several shards and files share, without a trace of the one before", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1", "sh2", "sh3"] });
    await migrations({
      "1.a.sh": "\\set left behind\n\\setenv LEFT behind\nSET search_path TO public;",
      "2.b.sh": "\\getenv env LEFT\nCREATE TABLE t AS SELECT :{?left} AS a, :{?env} AS b;",
    });
    expect((await pgMig(["--parallelism=1"])).status).toBe(0);
    for (const shard of ["sh1", "sh2", "sh3"]) {
      expect(await column(`SELECT a OR b FROM ${shard}.t`)).toEqual([false]);
    }
  });

  it.each([
    ["\\connect other", "\\connect"],
    ["\\unheard-of", "\\unheard-of"],
    ["\\if true\nSELECT 1;", "\\if"],
    ["\\ir nowhere.sql", "nowhere.sql"],
    ["SELECT 'never closed", "quoted string is never closed"],
  ])("is refused where it cannot work, before anything runs: %j", async (text, word) => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": `\n${text}\n` });
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/mig\/2\.b\.sh\.up\.sql:2:\d+/);
    expect(stderr).toContain(word);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});

describe("shell commands in a migration file", () => {
  const shell = {
    "1.a.sh": "CREATE TABLE t();",
    "2.b.sh":
      "\\set word `echo \"from $SHELL_SAYS\"`\nCREATE TABLE u AS SELECT :'word'::text AS word;",
  };

  it("run with the environment of the command", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations(shell);
    expect(await pgMig([], { env: { SHELL_SAYS: "outside" } })).toMatchObject({ status: 0 });
    expect(await column("SELECT word FROM sh1.u")).toEqual(["from outside"]);
  });

  it("may fail: it is for the file to look at SHELL_ERROR, as in psql", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "", "2.b.sh": "CREATE TABLE t();\n\\! exit 3\n" });
    const { status } = await pgMig();
    expect(status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("are refused with --no-shell, all of them, before anything runs", async () => {
    const { migrations, write, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ ...shell, "3.c.sh": "\\ir parts/shell.sql\n", "after.sql": "\\! true" });
    await write("mig/parts/shell.sql", "SELECT 1;\n\\! true\n");
    for (const args of [["--no-shell"], ["--no-shell", "--dry"]]) {
      const { status, stdout, stderr } = await pgMig(args);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain("mig/2.b.sh.up.sql:1:1: \\set runs a shell command.");
      expect(stderr).toContain("mig/parts/shell.sql:2:1: \\! runs a shell command.");
      expect(stderr).toContain("mig/after.sql:1:1: \\! runs a shell command.");
    }
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it.each([
    ["an \\if that is true", "\\if true\n\\! true\n\\endif"],
    ["\\copy … program", "\\copy t from program 'true'"],
  ])("are refused with --no-shell where they are reached: in %s", async (_name, text) => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": text });
    const { status, stdout } = await pgMig(["--no-shell"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/mig\/2\.b\.sh\.up\.sql:[12]:1/);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect((await pgMig()).status).toBe(0);
  });

  it("are nothing to --no-shell where no file has them, or none of those that run", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ ...shell, "after.sql": "\\! true" });
    expect((await pgMig()).status).toBe(0);
    expect((await pgMig(["--no-shell"])).stdout).toContain("Nothing to do.");
    await migrations({ "after.sql": "", "3.c.sh": "\\if false\n\\! true\n\\endif" });
    expect((await pgMig(["--no-shell"])).status).toBe(0);
  });
});
