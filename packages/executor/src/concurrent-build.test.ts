import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ledgerOf, runVersions, type TestVersion, target } from "./executor.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

const alert = { tickMs: 20, slowMs: 50, askEveryMs: 50 };

const indexBuild: TestVersion = {
  sql: "CREATE INDEX CONCURRENTLY ix ON t(id)",
  transaction: "concurrent",
  mayRunBeside: "builds",
  dropFirst: "ix",
  concurrentIndexes: ["ix"],
};

async function databaseWith(...shards: string[]): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  for (const shard of shards) {
    await database.query(
      `CREATE SCHEMA ${shard}; CREATE TABLE ${shard}.t(id int); INSERT INTO ${shard}.t VALUES (1), (2)`,
    );
  }
  return database;
}

/** Opens a transaction; gives what ends it. */
async function transaction(database: TestDatabase, sql: string): Promise<() => Promise<void>> {
  const client = await database.connect();
  client.on("error", () => {});
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; ${sql}`);
  let ended: Promise<void> | undefined;
  const end = () => {
    ended ??= client.end();
    return ended;
  };
  onTestFinished(end);
  return end;
}

/** The indexes of a shard's table, with what makes them unfit. */
async function indexes(database: TestDatabase, shard: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT c.relname || CASE WHEN indisvalid AND indisready THEN '' ELSE ' (invalid)' END AS name
     FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE indrelid = '${shard}.t'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

function failureOf(events: readonly RunEvent[]) {
  return events.find((event) => event.type === "step:failed");
}

/** What makes a build wait in a phase of its own. */
const phases = [
  ["waiting for writers before build", "INSERT INTO sh1.t VALUES (3)"],
  ["waiting for old snapshots", "SELECT count(*) FROM pg_class"],
] as const;

describe("a concurrent build that waits for others", () => {
  it("is not under the lock timeout of transactions, and tells who it waits for and its phase", async () => {
    const database = await databaseWith("sh1");
    const end = await transaction(database, "SELECT count(*) FROM pg_class");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: indexBuild },
      lockTimeoutMs: 10,
      watch: alert,
      onEvent: (event) => {
        if (event.type === "step:waiting") {
          setTimeout(end, 500);
        }
      },
    });
    expect(await indexes(database, "sh1")).toEqual(["ix"]);
    expect(events).toContainEqual({
      type: "step:waiting",
      node: "n",
      shard: "sh1",
      version: "v1",
      blockedBy: [
        expect.objectContaining({ state: "idle in transaction", query: expect.any(String) }),
      ],
    });
    expect(events).toContainEqual({
      type: "step:progress",
      node: "n",
      shard: "sh1",
      version: "v1",
      phase: "waiting for old snapshots",
      count: { done: 0, total: 1, unit: "lockers" },
    });
    const told = events.filter(({ type }) => type === "step:waiting" || type === "step:progress");
    expect(new Set(told.map((event) => JSON.stringify(event))).size).toBe(told.length);
  });

  it("fails when it has waited for all the time that there is, and the next run replaces what it left", async () => {
    const database = await databaseWith("sh1");
    const end = await transaction(database, "SELECT count(*) FROM pg_class");
    const run = { targets: [target("n", database)], versions: { v1: indexBuild }, watch: alert };
    const failure = failureOf(await runVersions({ ...run, retryForMs: 500 }));
    expect(failure?.error).toMatchObject({
      code: "INDEX_WAIT_TIMEOUT",
      where: { file: "v1.up.sql", line: 1, column: 1 },
    });
    expect(failure?.blockedBy).toHaveLength(1);
    expect(failure?.error.hint).toContain(
      `SELECT pg_terminate_backend(${failure?.blockedBy?.[0]?.pid});`,
    );
    expect(await indexes(database, "sh1")).toEqual(["ix (invalid)"]);
    expect(await ledgerOf(database, "sh1")).toEqual([]);
    await end();
    await runVersions(run);
    expect(await indexes(database, "sh1")).toEqual(["ix"]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
  });

  it("keeps the lock timeout that its file sets, in place of the run's patience", async () => {
    const database = await databaseWith("sh1");
    await transaction(database, "SELECT count(*) FROM pg_class");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: { ...indexBuild, limits: { lockTimeoutMs: 600 } } },
      retryForMs: 100,
      watch: alert,
    });
    expect(failureOf(events)?.error.server?.sqlState).toBe("55P03");
  });

  it("holds nobody up behind a DROP INDEX of its file for long", async () => {
    const database = await databaseWith("sh1");
    await database.query("CREATE INDEX ix ON sh1.t(id)");
    const end = await transaction(database, "SELECT count(*) FROM sh1.t");
    const run = {
      targets: [target("n", database)],
      versions: {
        v1: {
          ...indexBuild,
          sql: "COMMIT; DROP INDEX IF EXISTS ix; CREATE INDEX CONCURRENTLY ix ON t(id); BEGIN;",
          transaction: "ends-transaction",
          dropFirst: undefined,
        } as const,
      },
      watch: alert,
    };
    const waiting = runVersions({ ...run, lockTimeoutMs: 300 });
    await database.query("SELECT pg_sleep(0.1)");
    // Hangs behind the DROP INDEX, which hangs behind the transaction.
    await database.query("SET statement_timeout TO '20s'; SELECT count(*) FROM sh1.t");
    const failure = failureOf(await waiting);
    expect(failure).toMatchObject({ error: { code: "LOCK_WAIT_TIMEOUT" }, blockedBy: [{}] });
    expect(await ledgerOf(database, "sh1")).toEqual([]);
    await end();
    await runVersions(run);
    expect(await indexes(database, "sh1")).toEqual(["ix"]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
  });

  it("is not cut off while it builds, however long that takes", async () => {
    const database = await databaseWith("sh1");
    const slow =
      "CREATE FUNCTION sh1.slow(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT CASE WHEN pg_sleep(0.4) IS NULL THEN 0 ELSE $1 END'";
    await database.query(slow);
    const sql = "CREATE INDEX CONCURRENTLY ix ON t(slow(id))";
    await runVersions({
      targets: [target("n", database)],
      versions: { v1: { ...indexBuild, sql, mayRunBeside: "nothing" } },
      retryForMs: 100,
      watch: alert,
    });
    expect(await indexes(database, "sh1")).toEqual(["ix"]);
  });
});

describe("a concurrent build that is interrupted", () => {
  const interruptions = [
    ["cancelled", (pid: number) => `SELECT pg_cancel_backend(${pid})`],
    ["terminated", (pid: number) => `SELECT pg_terminate_backend(${pid})`],
  ] as const;
  const cases = phases.flatMap(([phase, blockade]) =>
    interruptions.map(([how, sql]) => ({ phase, blockade, how, sql })),
  );

  it.each(cases)(
    "is $how in the phase $phase, and whole after the next run",
    async ({ phase, blockade, sql }) => {
      const database = await databaseWith("sh1");
      const end = await transaction(database, blockade);
      const run = { targets: [target("n", database)], versions: { v1: indexBuild }, watch: alert };
      let interrupted: Promise<unknown> | undefined;
      const events = await runVersions({
        ...run,
        onEvent: (event) => {
          if (event.type !== "step:progress" || event.phase !== phase) {
            return;
          }
          interrupted ??= database
            .query<{ pid: number }>(
              "SELECT pid FROM pg_stat_progress_create_index WHERE datname = current_database()",
            )
            .then(([build]) => database.query(sql(build?.pid ?? 0)));
        },
      });
      await interrupted;
      expect(failureOf(events)).toBeDefined();
      expect(await ledgerOf(database, "sh1")).toEqual([]);
      await end();
      await runVersions(run);
      expect(await indexes(database, "sh1")).toEqual(["ix"]);
      expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
    },
  );

  it.each(phases)(
    'is killed with its server in the phase "%s", and whole after the next run',
    async (phase, blockade) => {
      const database = await databaseWith("sh1");
      await transaction(database, blockade);
      const run = { targets: [target("n", database)], versions: { v1: indexBuild }, watch: alert };
      let killed: Promise<unknown> | undefined;
      await runVersions({
        ...run,
        onEvent: (event) => {
          if (event.type !== "step:progress" || event.phase !== phase) {
            return;
          }
          killed ??= cluster.node.kill().then(() => cluster.node.start());
        },
      });
      await killed;
      await runVersions(run);
      expect(await indexes(database, "sh1")).toEqual(["ix"]);
      expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
    },
  );

  it("fails with the server's hint, at the line and column that it is about", async () => {
    const database = await databaseWith("sh1");
    const sql = "-- alone\nCREATE INDEX CONCURRENTLY ix\n  ON t(lower(id))";
    const failure = failureOf(
      await runVersions({
        targets: [target("n", database)],
        versions: { v1: { ...indexBuild, sql } },
        watch: alert,
      }),
    );
    expect(failure?.error).toMatchObject({
      hint: expect.stringMatching(/^No function matches/),
      where: { file: "v1.up.sql", line: 3, column: 8 },
    });
  });

  it("finds duplicates, fails, and is whole in the next run when they are gone", async () => {
    const database = await databaseWith("sh1");
    await database.query("INSERT INTO sh1.t VALUES (1)");
    const sql = "CREATE UNIQUE INDEX CONCURRENTLY ix ON t(id)";
    const run = {
      targets: [target("n", database)],
      versions: { v1: { ...indexBuild, sql } },
      watch: alert,
    };
    expect(failureOf(await runVersions(run))?.error).toMatchObject({
      server: { sqlState: "23505" },
      hint: "An invalid index ix may be left: the next run drops it and builds it again.",
      where: { file: "v1.up.sql", line: 1, column: 1 },
    });
    expect(await indexes(database, "sh1")).toEqual(["ix (invalid)"]);
    await database.query("TRUNCATE sh1.t");
    await runVersions(run);
    expect(await indexes(database, "sh1")).toEqual(["ix"]);
  });

  it("is not taken for done where IF NOT EXISTS keeps a broken index", async () => {
    const database = await databaseWith("sh1");
    await database.query("INSERT INTO sh1.t VALUES (1)");
    const broken = database.query("CREATE UNIQUE INDEX CONCURRENTLY ix ON sh1.t(id)");
    await expect(broken).rejects.toMatchObject({ code: "23505" });
    const sql = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON t(id)";
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: { ...indexBuild, sql, dropFirst: undefined } },
      watch: alert,
    });
    expect(failureOf(events)?.error.code).toBe("INDEX_NOT_VALID");
    expect(await ledgerOf(database, "sh1")).toEqual([]);
  });
});

describe("concurrent builds on many shards", () => {
  it("never run while a transaction of the run is open in their database, and do run beside each other", async () => {
    const shards = ["sh1", "sh2", "sh3", "sh4", "sh5", "sh6"];
    const database = await databaseWith(...shards);
    const events = await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: "SELECT pg_sleep(random() * 0.05)",
        v2: indexBuild,
        v3: "SELECT pg_sleep(random() * 0.05)",
      },
      parallelism: 3,
      watch: alert,
    });
    const running = new Map<string, string>();
    let most = 0;
    for (const event of events) {
      if (event.type === "step:start") {
        running.set(event.shard, event.version);
      }
      if (event.type === "step:done") {
        running.delete(event.shard);
      }
      const versions = [...running.values()];
      const builds = versions.filter((version) => version === "v2").length;
      most = Math.max(most, builds);
      expect(builds === 0 || builds === versions.length, versions.join()).toBe(true);
    }
    expect(most).toBeGreaterThan(1);
    for (const shard of shards) {
      expect(await ledgerOf(database, shard)).toEqual(["v1", "v2", "v3"]);
      expect(await indexes(database, shard)).toEqual(["ix"]);
    }
  });
});
