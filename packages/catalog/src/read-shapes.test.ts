import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { catalogSql } from "./catalog-sql.js";
import { diffShapes } from "./diff-shapes.js";
import { majors } from "./majors.test.support.js";
import { readShapeHashes, readShapes } from "./read-shapes.js";
import { serverFamily } from "./shape.js";
import { commonSql, shardSql } from "./shard-schema.test.support.js";

/** The hash of the shard of the tests, on each of the servers. */
const hashes = new Map<number, string>();

/** What EXPLAIN tells of a part of a plan. */
interface PlanNode {
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "CTE Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Drops all that a test has made. What the shards have in common stays. */
const dropShards = `DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT pubname FROM pg_publication WHERE pubname <> 'pub_other'
  LOOP EXECUTE format('DROP PUBLICATION %I', name); END LOOP;
  FOR name IN SELECT nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
END $$`;

describe.each(majors)("reading shapes from PostgreSQL %i", (major) => {
  let cluster: TestCluster;
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    cluster = await startNodes({ major });
    await cluster.node.query(
      "CREATE ROLE app_reader; CREATE ROLE other_reader; CREATE ROLE stranger LOGIN PASSWORD 'x'",
    );
    database = await cluster.node.createDatabase();
    client = await database.connect();
    await client.query(commonSql.replaceAll(/CREATE ROLE \w+;/g, ""));
  });

  afterAll(async () => {
    await client?.end();
    await cluster?.stop();
  });

  // To make a database for each test takes longer than to empty one, and a new session reads all catalogs anew.
  afterEach(async () => {
    await client.query("DISCARD ALL");
    await client.query(dropShards);
  });

  async function makeShards(...schemas: readonly string[]) {
    for (const schema of schemas) {
      await client.query(shardSql(schema));
    }
  }

  async function differences(one: string, other: string) {
    const shapes = await readShapes(client, [one, other], { major });
    const [expected, found] = [one, other].map((name) => shapes.find((s) => s.schema === name));
    if (expected === undefined || found === undefined) {
      throw new Error("There is no such shard.");
    }
    return diffShapes(expected, found);
  }

  it("takes shards with names of all kinds for alike", async () => {
    const names = [
      "a1",
      "a10",
      "Q 1",
      "user",
      "o'k",
      'd"q',
      "b\\s",
      "{a,b}",
      "a.b",
      "ünï",
      "$a",
      "A1",
    ];
    await makeShards(...names);
    for (const setting of ["on", "off"]) {
      await client.query(`SET standard_conforming_strings = ${setting}`);
      const read = await readShapeHashes(client, names, { major });
      expect(read.map(({ schema }) => schema)).toEqual([...names].sort());
      expect(new Set(read.map(({ hash }) => hash)).size).toBe(1);
    }
    hashes.set(major, (await readShapeHashes(client, ["a1"], { major }))[0]?.hash ?? "");
  });

  it("takes a shard for alike that is named like a table, a column, a type or a routine", async () => {
    await makeShards("a1", "base", "id", "mood", "twice", "child", "names");
    await client.query("SET check_function_bodies TO off");
    await client.query(`CREATE FUNCTION base.f() RETURNS text LANGUAGE sql AS 'SELECT base.name FROM base';
      CREATE FUNCTION a1.f() RETURNS text LANGUAGE sql AS 'SELECT base.name FROM base'`);
    expect(await differences("a1", "base")).toEqual([]);
    expect(await differences("base", "a1")).toEqual([]);
    for (const name of ["id", "mood", "twice", "child", "names"]) {
      await client.query(
        `CREATE FUNCTION ${name}.f() RETURNS text LANGUAGE sql AS 'SELECT base.name FROM base'`,
      );
      expect(await differences("a1", name)).toEqual([]);
      expect(await differences("base", name)).toEqual([]);
    }
  });

  it("takes shards for alike in which one text spells the name of one of them", async () => {
    await makeShards("a1", "a2", "a3");
    for (const shard of ["a1", "a2", "a3"]) {
      await client.query(`CREATE FUNCTION ${shard}.said() RETURNS text LANGUAGE sql AS $$ SELECT 'a1 is a value' $$;
        COMMENT ON TABLE ${shard}.base IS 'As a2 has it'`);
    }
    expect(await differences("a1", "a2")).toEqual([]);
    expect(await differences("a2", "a1")).toEqual([]);
    expect(await differences("a3", "a1")).toEqual([]);
  });

  it("tells how a shard is meant by name in definitions and texts", async () => {
    await makeShards("a1", "a2");
    await client.query(`CREATE OR REPLACE FUNCTION a2.touch() RETURNS trigger LANGUAGE plpgsql SET search_path TO a2
      AS $$ BEGIN PERFORM 1 FROM a1.base; RETURN NEW; END $$`);
    const [difference] = await differences("a1", "a2");
    expect(difference).toMatchObject({ kind: "function", path: "touch()", what: "differs" });
    expect(difference?.expected).toContain("FROM <shard>.base");
    expect(difference?.found).toContain("FROM a1.base");
    expect(difference?.found).toContain("search_path=<shard>");
  });

  it("makes the same hash of the items as the server", async () => {
    await makeShards("a1", "Q 1");
    for (const access of ["yes", "no"] as const) {
      const options = { major, access };
      const shapes = await readShapes(client, ["a1", "Q 1"], options);
      const told = shapes.map(({ schema, hash, items }) => ({ schema, hash, items: items.length }));
      expect(await readShapeHashes(client, ["a1", "Q 1"], options)).toEqual(told);
      expect(JSON.parse(JSON.stringify(shapes))).toEqual(shapes);
    }
  });

  it("never gets to see options of foreign tables", async () => {
    await makeShards("a1", "a2");
    const answer = await client.query(catalogSql(["a1"], { major, rows: "items" }));
    expect(JSON.stringify((answer as unknown as pg.QueryResult[]).at(-1)?.rows)).not.toContain(
      "hunter",
    );
    await client.query("ALTER FOREIGN TABLE a2.far_away OPTIONS (SET password 'swordfish')");
    expect(await differences("a1", "a2")).toEqual([
      {
        kind: "foreign options",
        path: "far_away",
        what: "differs",
        expected: "SERVER far options (not shown)",
        found: "SERVER far other options (not shown)",
      },
    ]);
  });

  it("leaves members of extensions out, and tells their version", async () => {
    await makeShards("a1", "a2");
    await client.query("CREATE EXTENSION hstore SCHEMA a2");
    expect(await differences("a1", "a2")).toEqual([
      {
        kind: "extension",
        path: "hstore",
        what: "extra",
        found: expect.stringMatching(/^VERSION \d/),
      },
    ]);
  });

  it("reads the members of extensions once, however many items there are", async () => {
    await makeShards("a1");
    await client.query("BEGIN");
    await client.query(`DO $$ BEGIN FOR i IN 1..100 LOOP
      EXECUTE format('CREATE FUNCTION public.member_%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i);
      EXECUTE format('ALTER EXTENSION plpgsql ADD FUNCTION public.member_%s()', i);
    END LOOP; END $$`);
    const sql = catalogSql(["a1"], { major }).replace(
      "\nWITH ",
      "\nEXPLAIN (ANALYZE, FORMAT JSON) WITH ",
    );
    const answers = (await client.query(sql)) as unknown as readonly pg.QueryResult[];
    await client.query("ROLLBACK");
    const plans: PlanNode[] = [answers.at(-1)?.rows[0]["QUERY PLAN"][0].Plan];
    for (const { Plans = [] } of plans) {
      plans.push(...Plans);
    }
    const reads = plans
      .filter((node) => node["CTE Name"] === "member")
      .map((node) => node["Actual Rows"] * node["Actual Loops"]);
    expect(Math.max(...reads)).toBeGreaterThan(100);
    expect(Math.max(...reads)).toBeLessThan(200);
  });

  it("names what a concurrent build left", async () => {
    await makeShards("a1", "a2");
    await client.query("INSERT INTO a2.child (id, ref_id) VALUES (1, 1), (2, 1)");
    await expect(
      client.query("CREATE UNIQUE INDEX CONCURRENTLY child_ref ON a2.child (ref_id)"),
    ).rejects.toMatchObject({ code: "23505" });
    await expect(client.query("REINDEX INDEX CONCURRENTLY a2.child_ref")).rejects.toMatchObject({
      code: "23505",
    });
    const found = await differences("a1", "a2");
    expect(found.map(({ what, kind, path }) => `${what} ${kind} ${path}`)).toEqual([
      "extra index child_ref",
      "extra leftover index child_ref_ccnew",
    ]);
    expect(found[0]?.found).toMatch(/INVALID: left by a concurrent build that did not finish/);
  });

  it("needs no right on the shards", async () => {
    await makeShards("a1", "Q 1");
    const stranger = new pg.Client({ ...addressOf(database), user: "stranger", password: "x" });
    await stranger.connect();
    try {
      await expect(stranger.query("TABLE a1.base")).rejects.toMatchObject({ code: "42501" });
      for (const access of ["yes", "no"] as const) {
        const options = { major, access };
        const asStranger = await readShapes(stranger, ["a1", "Q 1"], options);
        expect(asStranger).toEqual(await readShapes(client, ["a1", "Q 1"], options));
      }
    } finally {
      await stranger.end();
    }
  });

  it("leaves a schema out that is not there, and tells of one that is empty", async () => {
    await client.query("CREATE SCHEMA empty; CREATE SCHEMA bare");
    const shapes = await readShapes(client, ["none", "empty", "bare"], { major });
    expect(shapes.map(({ schema }) => schema)).toEqual(["bare", "empty"]);
    expect(new Set(shapes.map(({ hash }) => hash)).size).toBe(1);
    expect(await readShapeHashes(client, ["none"], { major })).toEqual([]);
    expect(await readShapes(client, [], { major })).toEqual([]);
  });

  it("leaves the session as it was", async () => {
    await makeShards("a1");
    await client.query(
      "SET search_path TO a1; SET DateStyle TO 'SQL, DMY'; SET lock_timeout TO '7s'",
    );
    const settings = "SELECT name, setting FROM pg_settings ORDER BY name";
    const { rows: before } = await client.query(settings);
    await readShapes(client, ["a1"], { major, lockTimeoutMs: 1 });
    const { rows: after } = await client.query(settings);
    expect(after).toEqual(before);
  });

  it("calls nothing that others have made", async () => {
    await makeShards("a1");
    await client.query(`CREATE FUNCTION a1.same(oid, oid) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
      CREATE OPERATOR a1.= (leftarg = oid, rightarg = oid, function = a1.same);
      CREATE FUNCTION a1.format_type(oid, int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
      CREATE FUNCTION a1.strpos(text, text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
      CREATE DOMAIN a1.text AS pg_catalog.text CHECK (a1.strpos(VALUE, VALUE) > 0);
      SET search_path TO a1, pg_catalog; CREATE TEMPORARY TABLE pg_class (oid oid)`);
    await expect(client.query("SELECT 1::oid = 1::oid")).rejects.toThrow("hostile");
    expect(await readShapes(client, ["a1"], { major })).toHaveLength(1);
  });

  it("waits for no table longer than it is told to", async () => {
    await makeShards("a1", "a2");
    const other = await database.connect();
    try {
      await other.query("BEGIN; LOCK TABLE a1.base");
      const options = { major, lockTimeoutMs: 50 };
      await expect(readShapes(client, ["a1"], options)).rejects.toMatchObject({ code: "55P03" });
      expect(await readShapes(client, ["a2"], options)).toHaveLength(1);
    } finally {
      await other.end();
    }
  });

  it("takes shards for alike that were made with other settings", async () => {
    await makeShards("a1");
    await client.query(
      "SET quote_all_identifiers = on; SET DateStyle = 'SQL, DMY'; SET extra_float_digits = 0",
    );
    await makeShards("a2");
    const dated = (name: string) => `CREATE DOMAIN ${name}.day AS date DEFAULT date '2020-01-02';
      CREATE TABLE ${name}.days (at timestamptz DEFAULT '2020-01-02 03:04:05+00', f float8 DEFAULT 0.1)`;
    await client.query(
      `${dated("a2")}; SET DateStyle = 'ISO'; SET TimeZone = 'Asia/Tokyo'; ${dated("a1")}`,
    );
    expect(await differences("a1", "a2")).toEqual([]);
  });

  it("compares shards of databases with different encodings", async () => {
    await makeShards("a1");
    await client.query("COMMENT ON TABLE a1.base IS 'Größe'");
    const [expected] = await readShapes(client, ["a1"], { major });
    const name = `latin_${major}`;
    await cluster.node.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    const other = await cluster.node.connect(name);
    try {
      await other.query(commonSql.replaceAll(/CREATE ROLE \w+;/g, ""));
      await other.query(shardSql("a2").replace(/CREATE COLLATION.*;/, ""));
      await other.query("COMMENT ON TABLE a2.base IS 'Größe'");
      const [found] = await readShapes(other, ["a2"], { major });
      const [hash] = await readShapeHashes(other, ["a2"], { major });
      expect(hash?.hash).toBe(found?.hash);
      expect(expected && found && diffShapes(expected, found).map(({ path }) => path)).toEqual([
        "german FOR UTF8",
      ]);
    } finally {
      await other.end();
    }
  });
});

describe("shapes of servers of one family", () => {
  it.skipIf(majors.length === 1)("are equal, and never equal those of another", () => {
    const families = new Map<string, Set<string>>();
    for (const [major, hash] of hashes) {
      const family = serverFamily(major);
      families.set(family, (families.get(family) ?? new Set()).add(hash));
      expect(hash.startsWith(`1/${family}:`)).toBe(true);
    }
    expect([...families.keys()]).toEqual(["14-15", "16-18"]);
    expect([...families.values()].map(({ size }) => size)).toEqual([1, 1]);
  });
});

function addressOf({ host, port, database }: TestDatabase) {
  return { host, port, database };
}
