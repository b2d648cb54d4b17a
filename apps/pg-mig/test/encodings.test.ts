import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { programMajor, runWithPsql, seenFrom } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

/** As an editor on Windows saves it. */
const windowsFile = `\uFEFF${[
  "-- $parallelism_global = 1",
  "\\set word 'it''s ü'",
  "\\if true",
  "CREATE TABLE t(id int, word text DEFAULT 'two",
  "lines');",
  "\\endif",
  "COPY t FROM stdin;",
  "1\tcopied é",
  "\\.",
  "",
  "INSERT INTO t VALUES (2, :'word');",
  "SELECT 3 AS id \\gset",
  "INSERT INTO t(id) VALUES (:id);",
  "\\echo done",
].join("\r\n")}\r\n`;

const rows = "SELECT * FROM t ORDER BY id";

describe("a file with a byte order mark and CRLF", () => {
  it("is applied, its commands, data and pseudo comments included", async () => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": windowsFile });
    expect(await made.pgMig()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 of 1 step applied"),
    });
    expect(await seenFrom(made, "sh1", rows)).toEqual([
      { id: 1, word: "copied é" },
      { id: 2, word: "it's ü" },
      { id: 3, word: "two\r\nlines" },
    ]);
  });

  it.skipIf(programMajor("psql") === undefined)("is to pg-mig what it is to psql", async () => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": windowsFile });
    await made.pgMig();
    await runWithPsql(made, "mig/1.a.sh.up.sql");
    expect(await seenFrom(made, "by_psql", rows)).toEqual(await seenFrom(made, "sh1", rows));
  });

  it("has its mistakes told with the right line and column", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "\uFEFF-- $dely = 1\r\nSELECT 1;\r\n" });
    expect((await pgMig()).stderr).toMatch(/1\.a\.sh\.up\.sql:1:1: unknown pseudo comment \$dely/);
    await migrations({ "1.a.sh": "\uFEFF-- ü\r\n\r\nSELECT 'ü', nope;\r\n" });
    expect((await pgMig()).stdout).toMatch(/1\.a\.sh\.up\.sql:3:13: column "nope" does not exist/);
  });
});

describe("a file that is not UTF-8 text", () => {
  it.each([
    ["holds a NUL", Buffer.from("SELECT 'a\0b';"), /:1:10: .*NUL/],
    ["is Latin-1", Buffer.from("/* caf\u00e9 */ SELECT 1;", "latin1"), /byte 6 .*not valid UTF-8/],
    ["is UTF-16", Buffer.from("\uFEFFSELECT 1;", "utf16le"), /byte 0 .*not valid UTF-8/],
    [
      "ends in the middle of a letter",
      Buffer.from("SELECT '\u00c3", "latin1"),
      /byte 8 .*not valid UTF-8/,
    ],
  ])("is refused with its place before anything runs: it %s", async (_, bytes, words) => {
    const { migrations, folder, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "" });
    await writeFile(join(folder, "mig/2.b.sh.up.sql"), bytes);
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("2.b.sh.up.sql");
    expect(stderr).toMatch(words);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});

describe("a role with another encoding and another style of dates", () => {
  it("writes letters as the file has them, and reads dates as the role says", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1"] });
    const { node } = cluster();
    await node.query(`CREATE ROLE german SUPERUSER LOGIN PASSWORD 'german';
      ALTER ROLE german SET client_encoding TO 'LATIN1';
      ALTER ROLE german SET DateStyle TO 'German, DMY'`);
    onTestFinished(async () => {
      await database.query("DROP OWNED BY german");
      await node.query("DROP ROLE german");
    });
    await migrations({
      "1.a.sh": "CREATE TABLE t AS SELECT 'é'::text AS letter, '03/02/2026'::date AS day;",
    });
    const url = new URL(database.url);
    url.username = "german";
    url.password = "german";
    expect((await pgMig([`--hosts=${url.href}`])).status).toBe(0);
    expect(await column("SELECT letter || length(letter) FROM sh1.t")).toEqual(["é1"]);
    expect(await column("SELECT to_char(day, 'YYYY-MM-DD') FROM sh1.t")).toEqual(["2026-02-03"]);
  });
});
