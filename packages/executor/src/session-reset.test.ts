import { startNodes, startProxy, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { ledgerOf, runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

async function databaseWith(...shards: string[]): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  for (const shard of shards) {
    await database.query(`CREATE SCHEMA ${shard}`);
  }
  return database;
}

const leaves = "CREATE TEMPORARY TABLE left_behind (id int); SET work_mem TO '77MB'";

/** Fails if anything of it is still there. */
const findsNothing = `DO $$ BEGIN
  ASSERT current_setting('work_mem') <> '77MB' AND to_regclass('left_behind') IS NULL; END $$`;

describe("the reset of a session", () => {
  it("is sent with the COMMIT, which is a message of its own", async () => {
    const database = await databaseWith("sh1");
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    const fault = proxy.inject({ sql: /^COMMIT$/, at: "reply", action: "freeze" });
    const run = runVersions({
      targets: [target("n", database, proxy)],
      versions: { v1: leaves, v2: findsNothing },
    });
    await fault.hit;
    // The answer to COMMIT has not arrived.
    await vi.waitFor(() => expect(proxy.seen).toContain("DISCARD ALL"), 10_000);
    proxy.thaw();
    await run;
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
  });

  it("is done though the COMMIT failed", async () => {
    const database = await databaseWith("sh1", "sh2");
    await database.query("CREATE TABLE sh1.fails (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: `${leaves}; DO $$ BEGIN IF current_schema() = 'sh1' THEN
          INSERT INTO fails VALUES (1), (1); END IF; END $$`,
        v2: findsNothing,
      },
      parallelism: 1,
    });
    expect(events.filter(({ type }) => type === "step:failed")).toMatchObject([
      { shard: "sh1", error: { code: "COMMIT_REFUSED" } },
    ]);
    expect(await ledgerOf(database, "sh1")).toEqual([]);
    expect(await ledgerOf(database, "sh2")).toEqual(["v1", "v2"]);
  });

  it("is told from the COMMIT before it when it fails: the version is there", async () => {
    const database = await databaseWith("sh1");
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    proxy.inject({ sql: /^DISCARD ALL$/, at: "reply", action: "cut" });
    const events = await runVersions({
      targets: [target("n", database, proxy)],
      versions: { v1: leaves, v2: findsNothing },
    });
    const ofFirst = events.filter((event) => "version" in event && event.version === "v1");
    expect(ofFirst.map(({ type }) => type)).toEqual(["step:start", "step:done"]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
  });
});
