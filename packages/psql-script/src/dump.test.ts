import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { parseScript } from "./read/parse-script.js";
import { catalog } from "./testing/catalog.js";
import { programMajor } from "./testing/psql.js";
import { ScriptBench } from "./testing/script-bench.js";

const run = promisify(execFile);

/** pg_dump reads servers up to its own major. */
const dumpable = [14, 15, 16, 17, 18].filter((major) => major <= (programMajor("pg_dump") ?? 0));

const contents = String.raw`
create schema app;
create domain app.positive as int check (value > 0);
create type app.mood as enum ('it''s; ok', 'b\ad', '\.');
create sequence app.counter;
create table app."Odd ""Name""" (
  id app.positive primary key default nextval('app.counter'),
  "ü;" text default E'a\\b''c' not null,
  mood app.mood,
  data bytea,
  span int[] check (span[1:2] is not null)
);
comment on table app."Odd ""Name""" is 'line one;
\echo not a command
line '' three :v :{?v}';
insert into app."Odd ""Name""" ("ü;", mood, data, span) values
  (E'tab\there\nand a line', 'b\ad', '\xdeadbeef', '{1,2}'),
  ('\.', '\.', null, '{3,4}'), ('\N', null, '', '{5,6}'), ('𝒳 \\ :v', 'b\ad', null, '{7,8}');
create function app.atomic(a int) returns int language sql
  begin atomic select case when a > 1 then 2 else 3 end; select a; end;
create procedure app.old() language plpgsql as $f$ begin perform 'x;y'; /* $$ */ end $f$;
create view app.v as select "ü;" || ':x' as c from app."Odd ""Name""";
create rule r as on insert to app.v do instead (select 1; select 2;);
create index "I;" on app."Odd ""Name""" ((lower("ü;")));
create trigger tr before update on app."Odd ""Name""" for each row when (old.* is distinct from new.*)
  execute function suppress_redundant_updates_trigger();
create materialized view app.m as select 1 as a;
`;

async function dump(database: TestDatabase): Promise<string> {
  const { stdout } = await run("pg_dump", ["--restrict-key=k", database.url], {
    env: { PATH: process.env.PATH },
    maxBuffer: 1e8,
  });
  return stdout;
}

/** Applies a dump as a migration: inside of a transaction, between other statements. */
async function restore(text: string, database: TestDatabase): Promise<void> {
  const bench = new ScriptBench(await database.connect());
  const { error } = await bench.runScript(parseScript(text, { file: "dump.sql" }), {
    prologue: ["BEGIN"],
    epilogue: ["SELECT 1"],
    expectOpenTransaction: true,
  });
  expect(error).toBeUndefined();
  await bench.client.query("COMMIT");
  await bench.client.end();
}

describe("what pg_dump writes", () => {
  const clusters = new Map<number, Promise<TestCluster>>();
  const clusterOf = (major: number) => {
    const cluster = clusters.get(major) ?? startNodes({ major });
    clusters.set(major, cluster);
    return cluster;
  };
  afterAll(async () => {
    for (const cluster of clusters.values()) {
      await (await cluster).stop();
    }
  });

  if (dumpable.length === 0) {
    it.skip("needs pg_dump, which is not installed here", () => {});
  }

  for (const major of dumpable) {
    it(`goes into an empty database and comes out the same (PostgreSQL ${major})`, async () => {
      const cluster = await clusterOf(major);
      const source = await cluster.node.createDatabase();
      await source.query(contents);
      const text = await dump(source);
      expect(text).toContain("\\restrict k");
      expect(text).toContain("FROM stdin;");
      const copy = await cluster.node.createDatabase();
      await restore(text, copy);
      expect(await dump(copy)).toBe(text);
    }, 60_000);
  }

  for (const major of dumpable) {
    it(`has large objects, and they come out the same (PostgreSQL ${major})`, async () => {
      const cluster = await clusterOf(major);
      const source = await cluster.node.createDatabase();
      await source.query(`
        select lo_from_bytea(1001, 'hello');
        select lo_from_bytea(1002, (select string_agg(sha512(i::text::bytea), '') from generate_series(1, 2000) i));
        select lo_from_bytea(1003, '');
        comment on large object 1002 is 'one; BEGIN;';
        grant select on large object 1003 to public`);
      const text = await dump(source);
      expect(text).toMatch(/^BEGIN;\n\nSELECT pg_catalog\.lo_open/m);
      for (const variant of [text, text.replace(/^\\.*/gm, ""), text.replaceAll("\n", "\r\n")]) {
        const copy = await cluster.node.createDatabase();
        await restore(variant, copy);
        expect(await dump(copy)).toBe(text);
      }
    }, 60_000);
  }

  for (const major of dumpable.slice(-1)) {
    it(`comes out the same whatever standard_conforming_strings is here and there (PostgreSQL ${major})`, async () => {
      const cluster = await clusterOf(major);
      const settings = ["on", "off"] as const;
      const set = (database: TestDatabase, value: (typeof settings)[number]) =>
        database.query(
          `alter database "${database.name}" set standard_conforming_strings = ${value}`,
        );
      const source = await cluster.node.createDatabase();
      await source.query(`${contents}; select lo_from_bytea(1001, 'hello')`);
      for (const there of settings) {
        await set(source, there);
        const text = await dump(source);
        expect(text).toContain(`SET standard_conforming_strings = ${there};`);
        for (const here of settings) {
          const copy = await cluster.node.createDatabase();
          await set(copy, here);
          await restore(text, copy);
          await set(copy, there);
          expect(await dump(copy)).toBe(text);
        }
      }
    }, 60_000);
  }

  // pg_dump 18, compiled to WebAssembly with a server that lives in the process. It reads no other
  // server, so that what came of the dump is compared by its catalogs.
  it("makes the same database of a dump by pg_dump 18, which is always at hand", async () => {
    const cluster = await clusterOf(18);
    // Two large programs run once each: to optimize them would double the time.
    setFlagsFromString("--liftoff-only");
    onTestFinished(() => setFlagsFromString("--no-liftoff-only"));
    const source = await PGlite.create();
    await source.exec(contents);
    await source.exec("select lo_from_bytea(4711, 'hello'), lo_from_bytea(4712, '')");
    const pruned = await (await pgDump({ pg: source })).text();
    expect(pruned).toContain("Dumped by pg_dump version 18");
    // pglite-tools takes these two lines away, which pg_dump writes.
    const text = `\\restrict k\n\n${pruned}\n\\unrestrict k\n`;
    expect(text).toMatch(/^BEGIN;\n\nSELECT pg_catalog\.lo_open/m);
    const copy = await cluster.node.createDatabase();
    await restore(text, copy);
    const largeObjects = "select oid, lo_get(oid)::text from pg_largeobject_metadata order by oid";
    for (const sql of [
      catalog,
      largeObjects,
      'select t::text from app."Odd ""Name""" t',
      "table app.m",
    ]) {
      const { rows } = await source.query(sql);
      expect(rows.length).toBeGreaterThan(0);
      expect(await copy.query(sql)).toEqual(rows);
    }
    await source.close();
  }, 60_000);
});
