import { type NodeSpec, parseChoice, parseHosts } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { addMigrations, migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";
import { status } from "./status.js";
import { undo } from "./undo.js";

const shardNames = ["sh0001", "sh0002"];
const v1 = "20240101000000.first.sh";
const v2 = "20240101000001.second.sh";

let cluster: TestCluster;
let databases: TestDatabase[];

beforeAll(async () => {
  cluster = await startNodes({ count: 1 });
}, 60_000);

afterAll(() => cluster.stop());

/** Two databases with two shards each, the first in the region eu, the second in us. */
async function regions(files: Readonly<Record<string, string>>): Promise<ApplyOptions> {
  databases = await Promise.all(
    ["eu", "us"].map(async () => {
      const database = await cluster.node.createDatabase();
      onTestFinished(() => database.drop());
      for (const shard of shardNames) {
        await database.query(`CREATE SCHEMA ${shard}`);
      }
      return database;
    }),
  );
  const specs = databases.flatMap(({ url }, index): NodeSpec[] =>
    parseHosts(url).map((spec) => ({ ...spec, labels: { region: index === 0 ? "eu" : "us" } })),
  );
  return {
    migrationDirectory: await migrationFolder(files),
    sources: [{ name: "regions", discover: async () => specs }],
    defaults: { port: 5432, user: "postgres", sslMode: "disable" },
  };
}

const only = (...texts: string[]) => ({ choice: parseChoice(texts) });

/** Which shards have the table of the first version, as `eu.sh0001`. */
async function applied(): Promise<string[]> {
  const found = await Promise.all(
    databases.map(async (database, index) => {
      const rows = await database.query(
        "SELECT relnamespace::regnamespace::text AS shard FROM pg_class WHERE relname = 't1'",
      );
      return rows.map(({ shard }) => `${index === 0 ? "eu" : "us"}.${shard}`);
    }),
  );
  return found.flat().sort();
}

async function finish(run: ReturnType<typeof apply>) {
  const events: RunEvent[] = [];
  for await (const event of run) {
    events.push(event);
  }
  return { events, report: await run.result };
}

/** The digest and the last run of each region. */
async function stateOf(options: ApplyOptions) {
  const { nodes, codeDigest } = await status(options);
  return databases.map(({ name }) => {
    const node = nodes.find(({ address }) => address.endsWith(`/${name}`));
    return `${node?.digest === codeDigest ? "digest" : node?.digest} ${node?.lastRun}`;
  });
}

describe("a run that is limited to some nodes and shards", () => {
  it("applies there alone, says so, and leaves the digest to the next full run", async () => {
    const options = await regions({
      [v1]: "CREATE TABLE t1();",
      "before.sql": "CREATE TABLE IF NOT EXISTS public.prepared()",
    });
    const some = await finish(apply({ ...options, only: only("region=eu,shard=*2") }));
    expect(some.report).toMatchObject({ outcome: "done", partial: true, done: 1, planned: 1 });
    expect(some.events).toContainEqual({
      type: "note",
      message: expect.stringContaining("A partial run (the setting `only`) of 1 shard on 1 node."),
    });
    expect(await applied()).toEqual(["eu.sh0002"]);
    expect(await stateOf(options)).toEqual(["undefined unfinished", "undefined changed"]);
    // What is not chosen is not touched by before.sql, either.
    await expect(databases[1]?.query("TABLE public.prepared")).rejects.toThrow("does not exist");

    const rest = await finish(apply(options));
    expect(rest.report).toMatchObject({ outcome: "done", done: 3 });
    expect(rest.report.partial).toBeUndefined();
    expect(await applied()).toEqual(["eu.sh0001", "eu.sh0002", "us.sh0001", "us.sh0002"]);
    expect(await stateOf(options)).toEqual(["digest current", "digest current"]);
  });

  it("finishes what failed, and a full run with nothing left still saves the digest", async () => {
    const bad = "SELECT 1 / (current_schema <> 'sh0001')::int;";
    const options = await regions({ [v1]: "CREATE TABLE t1();", [v2]: bad });
    const first = await finish(apply(options));
    expect(first.report.failed.map(({ shard }) => shard)).toEqual(["sh0001", "sh0001"]);
    await addMigrations(options.migrationDirectory, { [v2]: "SELECT 1;" });
    const again = await finish(
      apply({ ...options, only: { choice: parseChoice(["failed"]), failed: first.report.failed } }),
    );
    expect(again.report).toMatchObject({ outcome: "done", partial: true, planned: 2, done: 2 });
    expect(await stateOf(options)).toEqual(["undefined unfinished", "undefined unfinished"]);
    const full = await finish(apply(options));
    expect(full.report).toMatchObject({ outcome: "nothing-to-do", planned: 0 });
    expect(await stateOf(options)).toEqual(["digest current", "digest current"]);
  });

  it("does nothing where the chosen shards have all, not even before.sql", async () => {
    const options = await regions({ [v1]: "CREATE TABLE t1();", "before.sql": "SELECT 1" });
    await finish(apply({ ...options, only: only("region=eu") }));
    const again = await finish(apply({ ...options, only: only("region=eu") }));
    expect(again.report).toMatchObject({ outcome: "nothing-to-do", partial: true });
    expect(again.events.filter(({ type }) => type === "hook:start")).toEqual([]);
  });

  it("works on a chosen node that has no shard yet, too", async () => {
    const options = await regions({
      [v1]: "CREATE TABLE t1();",
      "before.sql": "CREATE SCHEMA IF NOT EXISTS sh0001;",
    });
    await databases[0]?.query("DROP SCHEMA sh0001, sh0002");
    const run = apply({ ...options, force: true, only: only("region=eu") });
    expect((await finish(run)).report).toMatchObject({ outcome: "done", partial: true, done: 1 });
    expect(await applied()).toEqual(["eu.sh0001"]);
  });

  it("undoes there alone, and does not say that the undo is complete", async () => {
    const options = await regions({ [v1]: "CREATE TABLE t1();" });
    await addMigrations(options.migrationDirectory, { [`${v1}.dn.sql`]: "DROP TABLE t1;" });
    await finish(apply(options));
    const some = await finish(undo({ ...options, version: v1, only: only("region=us") }));
    expect(some.report).toMatchObject({ outcome: "done", partial: true, done: 2 });
    expect(await applied()).toEqual(["eu.sh0001", "eu.sh0002"]);
    expect(await stateOf(options)).toEqual(["digest current", "before-undo unfinished"]);
    await finish(undo({ ...options, version: v1 }));
    expect(await applied()).toEqual([]);
    expect(await stateOf(options)).toEqual(["after-undo current", "after-undo current"]);
  });

  it("limits the status, too", async () => {
    const options = await regions({ [v1]: "SELECT 1" });
    const { nodes } = await status({ ...options, only: only("shard=sh0001") });
    expect(nodes.map(({ shards }) => shards.map(({ shard }) => shard))).toEqual([
      ["sh0001"],
      ["sh0001"],
    ]);
  });

  it.each([
    ["a label that no node has", "zone=*", "No node of 2 nodes is chosen"],
    ["a shard that is nowhere", "shard=zz*", "No shard of 2 nodes is chosen"],
    ["failed, where nothing failed", "failed", "No node of 2 nodes is chosen"],
  ])("is refused for %s", async (_, text, words) => {
    const options = await regions({ [v1]: "CREATE TABLE t1();" });
    const run = apply({ ...options, only: only(text) });
    await expect(run.result).rejects.toMatchObject({
      code: "NOTHING_CHOSEN",
      hint: expect.stringContaining("Labels of the nodes: region."),
    });
    await expect(run.result).rejects.toThrow(words);
    expect(await applied()).toEqual([]);
  });
});
