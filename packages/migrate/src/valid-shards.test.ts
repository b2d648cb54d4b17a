import { hosts } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { appliedVersions } from "./applied-versions.js";
import { apply } from "./apply.js";
import { dryRun } from "./dry-run.js";
import { latest } from "./latest.js";
import { addMigrations, migrationFolder } from "./migration-folder.test.support.js";
import { status } from "./status.js";
import { undo } from "./undo.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes({ count: 1 });
}, 60_000);
afterAll(() => cluster?.stop());

const named = "SELECT name FROM fleet.shards";

/** A node whose table says that sh0001 and sh0002 count; sh0003 does not. */
async function fleet(files: Readonly<Record<string, string>>, sql: string = named) {
  const [node] = cluster.nodes;
  const database = (await node?.createDatabase()) as TestDatabase;
  onTestFinished(() => database.drop());
  await database.query(
    "CREATE SCHEMA fleet; CREATE TABLE fleet.shards(name text); " +
      "INSERT INTO fleet.shards VALUES ('sh0001'), ('sh0002'), ('nowhere'); " +
      "CREATE SCHEMA sh0001; CREATE SCHEMA sh0002; CREATE SCHEMA sh0003; CREATE SCHEMA sh",
  );
  const options = {
    migrationDirectory: await migrationFolder(files),
    sources: [hosts(database.url)],
    defaults: { port: 5432, user: "postgres", sslMode: "disable" as const },
    validShardSchemasSql: sql,
  };
  const having = async (table: string) =>
    (
      await database.query(
        `SELECT schemaname FROM pg_tables WHERE tablename = '${table}' ORDER BY 1`,
      )
    ).map(({ schemaname }) => schemaname);
  return { database, options, having };
}

describe("validShardSchemasSql", () => {
  it("limits applies, undos, plans and lists to what it names and to what equals its prefix", async () => {
    const { options, having } = await fleet({ "1.a.sh": "CREATE TABLE a();" });
    const planned = await dryRun(options);
    expect(planned.chains.map(({ shard }) => shard)).toEqual(["sh", "sh0001", "sh0002"]);
    const notes: string[] = [];
    const run = apply(options);
    for await (const event of run) {
      notes.push(...(event.type === "note" ? [event.message] : []));
    }
    expect((await run.result).outcome).toBe("done");
    expect(notes).toEqual([
      expect.stringMatching(/^Left out by the setting `validShardSchemasSql`: .*:sh0003\.$/),
    ]);
    expect(await having("a")).toEqual(["sh", "sh0001", "sh0002"]);
    const known = (await status(options)).nodes[0]?.shards.map(({ shard }) => shard);
    expect(known).toEqual(["sh", "sh0001", "sh0002"]);
    const groups = await appliedVersions(options);
    expect(
      groups.map(({ versions, shards }) => [versions, shards.map(({ shard }) => shard)]),
    ).toEqual([[["1.a.sh"], ["sh", "sh0001", "sh0002"]]]);
    const all = await appliedVersions({ ...options, validShardSchemasSql: undefined });
    expect(all.map(({ versions, shards }) => [versions, shards.map(({ shard }) => shard)])).toEqual(
      [
        [["1.a.sh"], ["sh", "sh0001", "sh0002"]],
        [[], ["sh0003"]],
      ],
    );
  });

  it("leaves alone what it does not name, even where its ledger does not fit", async () => {
    const { options, database, having } = await fleet({ "1.a.sh": "CREATE TABLE a();" });
    expect((await apply({ ...options, validShardSchemasSql: "" }).result).outcome).toBe("done");
    await database.query(
      "CREATE OR REPLACE FUNCTION sh0003.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '[\"0.other.sh\"]'; $$; DELETE FROM fleet.shards WHERE name = 'sh0002'",
    );
    await addMigrations(options.migrationDirectory, { "2.b.sh": "CREATE TABLE b();" });
    expect((await apply(options).result).outcome).toBe("done");
    expect(await having("b")).toEqual(["sh", "sh0001"]);
    expect((await latest(options)).map(({ version, shards }) => [version, shards.length])).toEqual([
      ["2.b.sh", 2],
    ]);
  });

  it("undoes on what it names alone", async () => {
    const { options, database } = await fleet({ "1.a.sh": "CREATE TABLE a();" });
    expect((await apply({ ...options, validShardSchemasSql: undefined }).result).outcome).toBe(
      "done",
    );
    expect((await undo({ ...options, version: "1.a.sh" }).result).outcome).toBe("done");
    const [row] = await database.query(
      "SELECT sh0001.mig_versions_const() AS one, sh0003.mig_versions_const() AS three",
    );
    expect(row).toEqual({ one: "[]", three: '["1.a.sh"]' });
  });

  it("is asked again in each round, for schemas that a version made and named", async () => {
    const { options, having } = await fleet({
      "1.make.sh0001":
        "CREATE SCHEMA sh0007; CREATE SCHEMA sh0008; INSERT INTO fleet.shards VALUES ('sh0007');",
      "1.make.sh": "CREATE TABLE made();",
    });
    expect((await apply(options).result).outcome).toBe("done");
    expect(await having("made")).toEqual(["sh", "sh0002", "sh0007"]);
  });

  it.each([
    ["INSERT INTO fleet.shards VALUES ('sh0003') RETURNING name", /read-only transaction/],
    ["SELECT name FROM shards", /relation "shards" does not exist/],
    ["SELECT 1", /its first column is no text/],
    ["SELECT NULL::text", /its first column is NULL/],
    [
      "SELECT set_config('transaction_read_only', 'off', true), public.grow()",
      /read-only|read-write/,
    ],
  ])("is refused with nothing changed if it is %s", async (sql, message) => {
    const { options, database, having } = await fleet({ "1.a.sh": "CREATE TABLE a();" }, sql);
    await database.query(
      "CREATE TABLE public.shards(name text); CREATE FUNCTION public.grow() RETURNS text LANGUAGE sql AS $$ INSERT INTO fleet.shards VALUES ('grown') RETURNING name $$",
    );
    const events: RunEvent[] = [];
    const run = apply(options);
    const ended = expect(run.result).rejects.toMatchObject({
      code: "VALID_SHARDS_FAILED",
      message: expect.stringMatching(message),
    });
    try {
      for await (const event of run) {
        events.push(event);
      }
    } catch {
      // It is the result, too.
    }
    await ended;
    expect(await having("a")).toEqual([]);
    const [row] = await database.query("SELECT count(*)::int AS n FROM fleet.shards");
    expect(row?.n).toBe(3);
  });

  it("finds nothing that the owner of another schema has put in its way", async () => {
    const { options, database, having } = await fleet(
      { "1.a.sh": "CREATE TABLE a();" },
      "SELECT name FROM fleet.shards WHERE lower(name) = 'sh0001'",
    );
    await database.query(
      "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'sh0001' $$; " +
        "CREATE FUNCTION public.same(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT true $$; " +
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same)",
    );
    expect((await apply(options).result).outcome).toBe("done");
    expect(await having("a")).toEqual(["sh", "sh0001"]);
  });
});
