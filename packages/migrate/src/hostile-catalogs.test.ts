import { releaseShardSql } from "@pg-mig/ledger";
import type { Blocker } from "@pg-mig/report";
import {
  pgBouncerMissing,
  startNodes,
  startPgBouncer,
  type TestCluster,
  type TestDatabase,
} from "@pg-mig/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { collect, options } from "./counted-shards.test.support.js";
import { drift } from "./drift.js";
import { dryRun } from "./dry-run.js";
import { history } from "./history.js";
import {
  findHostileObjectsFirst,
  hostileCalls,
  plantHostileObjects,
} from "./hostile-objects.test.support.js";
import { latest } from "./latest.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import { status } from "./status.js";
import { undo } from "./undo.js";

let cluster: TestCluster;
let template: TestDatabase;

beforeAll(async () => {
  cluster = await startNodes();
  template = await cluster.node.createDatabase();
  await template.query("CREATE SCHEMA sh0001; CREATE SCHEMA sh0002");
  await plantHostileObjects({ database: template, schemas: ["public", "sh0001"] });
}, 120_000);

async function hostileDatabase(): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase({ template });
  onTestFinished(() => database.drop());
  await findHostileObjectsFirst({ database, schemas: ["public", "sh0001"] });
  return database;
}

afterAll(async () => {
  await cluster?.stop();
});

// None of these calls an operator or a function.
const harmlessFiles = {
  "before.sql": "CREATE TABLE IF NOT EXISTS public.hook_ran();",
  "after.sql": "CREATE TABLE IF NOT EXISTS public.hook_ran();",
  "20240101000000.table.sh": "CREATE TABLE t(id integer);",
  "20240101000001.index.sh": "-- $parallelism_global = 1\nCREATE INDEX CONCURRENTLY t_id ON t(id);",
  "20240101000002.ending.sh": `-- $parallelism_global = 1
    COMMIT;
    DROP INDEX IF EXISTS t_again;
    CREATE INDEX CONCURRENTLY t_again ON t(id);
    BEGIN;
    CREATE TABLE ending();`,
  "20240101000003.serializable.sh":
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE serializable();",
  "20240101000004.path.sh": `SET search_path TO public, sh0001, pg_catalog;
    CREATE TEMP TABLE text();
    CREATE TEMP TABLE pg_proc();`,
  "20240101000005.dropped.sh": "CREATE TABLE dropped();",
  "20240101000005.dropped.sh.dn.sql": "DROP TABLE dropped;",
};

describe("on a database whose owner plants operators, functions, types and relations", () => {
  it("no action calls any of them, whatever the search path of database, role and files", async () => {
    const database = await hostileDatabase();
    const folder = await migrationFolder(harmlessFiles);
    const base = { ...options([database], folder), createDatabase: true, journal: true };
    const given = { ...base, containment: "warn" as const };
    await status(given);
    await dryRun({ ...given, sql: true });
    expect(await hostileCalls(cluster.node, database)).toEqual({});

    // A transaction that was there before the build of an index is waited for, and its session named.
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    const run = apply(given);
    let held = false;
    const waited: Blocker[] = [];
    for await (const event of run) {
      if (event.type === "step:done" && event.version === "20240101000000.table.sh" && !held) {
        held = true;
        await holder.query(`BEGIN; LOCK TABLE ${event.shard}.t IN ROW EXCLUSIVE MODE`);
      }
      if (event.type === "step:waiting") {
        waited.push(...event.blockedBy);
        await holder.query("COMMIT");
      }
    }
    expect(waited).toContainEqual(expect.objectContaining({ user: "postgres" }));
    expect((await run.result).failed).toEqual([]);
    expect(await run.result).toMatchObject({ outcome: "done", done: 12 });

    await status(given);
    await latest(given);
    expect((await history(given)).runs).toMatchObject([{ outcome: "done" }]);
    expect(await drift(given)).toMatchObject({ outcome: "drift", shards: 2 });
    await holder.query("BEGIN; LOCK TABLE sh0002.t");
    expect(await drift({ ...given, lockTimeoutMs: 500 })).toMatchObject({
      outcome: "unknown",
      unread: [{ shard: "sh0002", blockedBy: [{ user: "postgres" }] }],
    });
    await holder.query("ROLLBACK");
    await collect(undo({ ...given, version: "20240101000005.dropped.sh" }));
    expect(await hostileCalls(cluster.node, database)).toEqual({});
    // They are there to be found.
    await database.query("SELECT 1::oid = 1");
    expect(await hostileCalls(cluster.node, database)).toEqual({
      "operator =(oid,integer)": 1,
      "type public.oid": 1,
    });
  }, 60_000);

  it("two runs at once call none of them, nor does one whose shard another program has taken", async () => {
    const database = await hostileDatabase();
    const folder = await migrationFolder({
      "20240101000000.one.sh": "CREATE TABLE one();",
      "20240101000001.two.sh": "CREATE TABLE two();",
    });
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    const given = options([database], folder);
    await holder.query(releaseShardSql("sh0001").replace("unlock", "lock"));
    const first = apply(given);
    let met = false;
    for await (const event of first) {
      if (event.type !== "step:requeued" || met) {
        continue;
      }
      met = true;
      expect(event).toMatchObject({ reason: "shard-taken", blockedBy: [{ user: "postgres" }] });
      await expect(apply(given).result).rejects.toMatchObject({ code: "RUN_LOCKED" });
      await holder.query(releaseShardSql("sh0001"));
    }
    expect(await first.result).toMatchObject({ outcome: "done", done: 4 });
    expect(await hostileCalls(cluster.node, database)).toEqual({});
  }, 60_000);

  it.skipIf(pgBouncerMissing() !== undefined)(
    "a run through a pooler in transaction mode calls none of them, and leaves no path behind",
    async () => {
      const database = await hostileDatabase();
      const settings = { default_pool_size: "1" };
      const bouncer = await startPgBouncer({ node: database, mode: "transaction", settings });
      onTestFinished(() => bouncer.stop());
      const {
        "20240101000001.index.sh": _,
        "20240101000002.ending.sh": __,
        ...files
      } = harmlessFiles;
      const { "20240101000003.serializable.sh": ___, ...guarded } = files;
      const folder = await migrationFolder(guarded);
      const given = {
        ...options([bouncer], folder),
        allowPooler: true,
        parallelism: 1,
        containment: "warn" as const,
      };
      await status(given);
      expect(await apply(given).result).toMatchObject({ outcome: "done", done: 6 });
      expect(await hostileCalls(cluster.node, database)).toEqual({});
      const client = new pg.Client({ connectionString: bouncer.url });
      await client.connect();
      onTestFinished(() => client.end());
      const { rows } = await client.query("SHOW search_path");
      expect(rows).toEqual([{ search_path: "public, sh0001, pg_catalog" }]);
    },
    60_000,
  );
});
