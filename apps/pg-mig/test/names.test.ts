import { describe, expect, it, onTestFinished } from "vitest";
import { quote, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

/** Schemas that the prefix `sh` matches, and that break whatever is not quoted. */
const schemas = [
  "sh1",
  "sh1Upper",
  'sh1 "quoted"',
  "sh1.public",
  "sh1$$",
  "sh1'; SELECT 1; --",
  'sh1"; DROP TABLE public.keep; --',
  "sh1\\",
  "sh1 шард 片 🐘",
  "sh1,public",
  "sh1%s$1:x:'y'",
  "sh1/* */",
  `sh1${"ё".repeat(30)}`,
];

describe("names of schemas", () => {
  it("may hold anything: each gets its own versions, its own ledger, and loses them again", async () => {
    const { migrations, pgMig, ledger, column, database } = await scenario({ shards: schemas });
    await database.query("CREATE TABLE public.keep()");
    await migrations({
      "1.users.sh": "CREATE TABLE users AS SELECT current_schema()::text AS made_in;",
      "2.index.sh":
        "-- $parallelism_per_host = 3\nCREATE INDEX CONCURRENTLY users_ix ON users(made_in);",
      "3.psql.sh": "\\set t more\nCREATE TABLE :t ();\nSELECT 1 AS one \\gset\n",
      "3.psql.sh.dn.sql": "DROP TABLE more;",
    });
    expect(await pgMig()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Done: ${3 * schemas.length} of`),
    });
    for (const schema of schemas) {
      expect(await ledger(schema)).toEqual(["1.users.sh", "2.index.sh", "3.psql.sh"]);
      expect(await column(`SELECT made_in FROM ${quote(schema)}.users`)).toEqual([schema]);
      await database.query(`SELECT FROM ${quote(schema)}.more`);
    }
    expect((await pgMig()).stdout).toContain("Nothing to do.");
    expect((await pgMig(["--undo=3.psql.sh"])).status).toBe(0);
    for (const schema of schemas) {
      expect(await ledger(schema)).toEqual(["1.users.sh", "2.index.sh"]);
      expect(
        await column(`SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          WHERE relkind = 'r' AND nspname = '${schema.replaceAll("'", "''")}'`),
      ).toEqual(["users"]);
    }
    await database.query("SELECT FROM public.keep");
  });

  it("are told apart by case, and are printed as they are", async () => {
    const { migrations, pgMig, ledger, column } = await scenario({
      shards: ["SH1", "sh1", "Sh 片"],
    });
    await migrations({ "1.a.SH": "CREATE TABLE t();", "2.b.Sh 片": "SELECT 1/0;" });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.b\.Sh 片 failed on .*:"Sh 片": /);
    expect(await ledger("SH1")).toEqual(["1.a.SH"]);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("do not get control characters to the terminal", async () => {
    const schema = "sh1\u001b[31m\nrun:done";
    const { migrations, pgMig, ledger } = await scenario({ shards: [schema] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(await ledger(schema)).toEqual(["1.a.sh"]);
    expect(`${stdout}${stderr}`).not.toContain("\u001b");
    expect(`${stdout}${stderr}`).not.toMatch(/^run:done/m);
  });
});

describe("names of versions", () => {
  it("may hold anything but dots, slashes, backslashes and double quotes, in title and prefix", async () => {
    const prefixes = ["$$", "it's", "шард 片", "x; DROP SCHEMA y", "%s", "ende-1_"];
    const { migrations, pgMig, ledger } = await scenario({ shards: prefixes });
    const names = prefixes.flatMap((prefix) => [
      `1.Title ${prefix}.${prefix}`,
      `2.$$;'--.${prefix}`,
    ]);
    await migrations(
      Object.fromEntries(names.map((name) => [name, "CREATE TABLE IF NOT EXISTS t();"])),
    );
    expect((await pgMig()).status).toBe(0);
    for (const prefix of prefixes) {
      expect(await ledger(prefix)).toEqual([`1.Title ${prefix}.${prefix}`, `2.$$;'--.${prefix}`]);
    }
    expect((await pgMig()).stdout).toContain("Nothing to do.");
    expect((await pgMig([`--undo=2.$$;'--.$$`])).status).toBe(0);
    expect(await ledger("$$")).toEqual(["1.Title $$.$$"]);
  });

  it.each(['1.a"b.sh', "1.a\\b.sh", '1.a.s"h', "1.a.s\\h"])(
    "with a backslash or a double quote are refused before anything runs: %s",
    async (name) => {
      const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
      await migrations({ "0.a.sh": "CREATE TABLE t();", [name]: "SELECT 1;" });
      const { status, stderr } = await pgMig();
      expect(status).toBe(1);
      expect(stderr).toContain('a title and a prefix hold no backslash and no "');
      expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    },
  );

  it("are ordered by their code units, whatever the digits or the language mean", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    const names = ["1.a.sh", "10.a.sh", "2.B.sh", "2.a.sh", "2.z.sh", "2.ä.sh"];
    await migrations(Object.fromEntries([...names].reverse().map((name) => [name, ""])));
    expect((await pgMig()).status).toBe(0);
    expect(await ledger("sh1")).toEqual(names);
    expect((await pgMig(["--list"])).stdout).toBe(`${names.join("\n")}\n`);
  });
});

describe("names of databases", () => {
  it.each(["Upper Case.and.dots", 'qu"o"te $$it\'s 片 🐘', "a/b?c=d&e#f%20;x,y"])(
    "%s: is made with --createdb, migrated, and found again",
    async (name) => {
      const { migrations, pgMig } = await scenario();
      const { node } = cluster();
      await migrations({ "1.a.public": "CREATE TABLE made_here();" });
      const where = [`--hosts=${new URL("/", node.url).href}`, `--db=${name}`];
      onTestFinished(async () => {
        await node.query(`DROP DATABASE ${quote(name)}`);
      });
      const first = await pgMig([...where, "--createdb"]);
      expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining("Done: 1 of 1") });
      const client = await node.connect(name);
      await client.query("SELECT FROM made_here");
      await client.end();
      const url = new URL(node.url);
      url.pathname = `/${encodeURIComponent(name)}`;
      const second = await pgMig([`--hosts=${url.href}`]);
      expect(second).toMatchObject({
        status: 0,
        stdout: expect.stringContaining("Nothing to do."),
      });
    },
  );
});
