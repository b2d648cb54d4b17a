import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ledgerOf, runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;
/** How many locks one transaction can take while nobody else has many. */
let locks: number;

beforeAll(async () => {
  cluster = await startNodes({
    settings: { max_locks_per_transaction: "10", max_connections: "20" },
  });
  const client = await cluster.node.connect();
  await client.query(`DO $$ DECLARE taken int := 0; BEGIN
    LOOP
      PERFORM pg_advisory_lock(taken);
      taken := taken + 1;
    END LOOP;
  EXCEPTION WHEN out_of_memory THEN PERFORM set_config('test.locks', taken::text, false); END $$`);
  const { rows } = await client.query("SELECT current_setting('test.locks')::int AS locks");
  locks = rows[0].locks;
  await client.end();
});

afterAll(() => cluster?.stop());

const shardNames = ["sh1", "sh2", "sh3", "sh4"];

async function sharded(): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  for (const shard of shardNames) {
    await database.query(`CREATE SCHEMA ${shard}`);
  }
  return database;
}

/** A version that takes a part of all the locks that there are, and holds them for a moment. */
const lockingVersion = (part: number) => `
  CREATE TABLE t();
  SELECT count(pg_advisory_xact_lock(hashtext(current_schema()), i))
  FROM generate_series(1, ${Math.round(locks * part)}) i;
  SELECT pg_sleep(0.3);`;

describe("a version that meets a server without room for its locks", () => {
  it("runs on fewer shards at a time, which is said with the setting, until all are done", async () => {
    const database = await sharded();
    const events = await runVersions({
      targets: [target("db", database)],
      versions: { "1.a": lockingVersion(0.6) },
    });
    expect(events.filter(({ type }) => type === "step:failed")).toEqual([]);
    for (const shard of shardNames) {
      expect(await ledgerOf(database, shard)).toEqual(["1.a"]);
    }
    expect(events).toContainEqual(
      expect.objectContaining({ type: "step:requeued", reason: "out-of-memory" }),
    );
    expect(events.filter(({ type }) => type === "note")).toEqual([
      {
        type: "note",
        message: expect.stringMatching(
          /^Fewer shards run at once on db from now on .*max_locks_per_transaction/,
        ),
      },
    ]);
  });

  it("runs on fewer shards at a time, too, if the time of the one that met it is spent", async () => {
    const database = await sharded();
    const events = await runVersions({
      targets: [target("db", database)],
      versions: { "1.a": lockingVersion(0.6) },
      retryForMs: 0,
    });
    expect(events.filter(({ type }) => type === "step:requeued")).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: "step:failed" }));
    expect(events.filter(({ type }) => type === "note")).toEqual([
      { type: "note", message: expect.stringMatching(/^Fewer shards run at once on db/) },
    ]);
  });

  it("fails with what to do if it has no room even alone", async () => {
    const database = await sharded();
    const events = await runVersions({
      targets: [target("db", database)],
      versions: { "1.a": lockingVersion(2) },
    });
    const failed = events.filter(({ type }) => type === "step:failed");
    expect(failed).toHaveLength(shardNames.length);
    expect(failed[0]).toMatchObject({
      error: {
        server: { sqlState: "53200" },
        hint: expect.stringContaining("Raise max_locks_per_transaction"),
      },
    });
    expect(await ledgerOf(database, "sh1")).toEqual([]);
  });
});
