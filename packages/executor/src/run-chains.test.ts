import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ledgerOf, runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

describe("a version that waits for a lock", () => {
  it("loses none of the time in which it is tried again while others have its slot", async () => {
    const database = await cluster.node.createDatabase();
    onTestFinished(() => database.drop());
    await database.query("CREATE SCHEMA sh1; CREATE SCHEMA sh2");
    await database.query("CREATE TABLE sh1.t(); CREATE TABLE sh2.t()");
    const other = await database.connect();
    onTestFinished(() => other.end());
    await other.query("BEGIN; LOCK sh1.t");
    const retryForMs = 1500;
    const events = await runVersions({
      targets: [target("db", database)],
      versions: {
        "1.a": `SELECT pg_sleep(${(retryForMs * 1.5) / 1000}) WHERE current_schema() = 'sh2';
          ALTER TABLE t ADD COLUMN a int`,
      },
      parallelism: 1,
      retryForMs,
      onEvent: ({ type, ...event }) => {
        // It has been tried once when the slot was taken by the other, and is tried in vain once more.
        const isRetried = type === "step:requeued" && "attempt" in event && event.attempt === 2;
        if (isRetried) {
          void other.query("ROLLBACK");
        }
      },
    });
    const order = events.flatMap((event) =>
      event.type === "step:requeued" || event.type === "step:done"
        ? [`${event.type} ${event.shard}`]
        : [],
    );
    expect(order.slice(0, 3)).toEqual(["step:requeued sh1", "step:done sh2", "step:requeued sh1"]);
    expect(await ledgerOf(database, "sh1")).toEqual(["1.a"]);
  });
});

describe("a version whose file limits its statements", () => {
  it("names the limit when a statement takes longer", async () => {
    const database = await cluster.node.createDatabase();
    onTestFinished(() => database.drop());
    await database.query("CREATE SCHEMA sh1");
    const events = await runVersions({
      targets: [target("db", database)],
      versions: { "1.a": { sql: "SELECT pg_sleep(600)", limits: { statementTimeoutMs: 20 } } },
    });
    expect(events.find(({ type }) => type === "step:failed")).toMatchObject({
      error: { hint: "The file gives each of its statements 20 ms ($statement_timeout)." },
    });
  });
});

describe("a bug of the tool", () => {
  it("ends the run after what runs has ended, is told once, and is no reason to try again", async () => {
    const database = await cluster.node.createDatabase();
    onTestFinished(() => database.drop());
    await database.query("CREATE SCHEMA sh1; CREATE SCHEMA sh2; CREATE SCHEMA sh3");
    const bug = new TypeError("x is not a function");
    const events: RunEvent[] = [];
    const run = runVersions({
      targets: [target("db", database)],
      versions: { "1.a": "CREATE TABLE t(); SELECT pg_sleep(0.3)", "2.b": "CREATE TABLE u()" },
      parallelism: 2,
      onEvent: (event) => {
        events.push(event);
        if (event.type === "step:start" && event.shard === "sh2") {
          throw bug;
        }
      },
    });
    await expect(run).rejects.toBe(bug);
    const told = events.flatMap((event) =>
      "shard" in event
        ? [`${event.type} ${event.shard}${"reason" in event ? `: ${event.reason}` : ""}`]
        : [],
    );
    expect(told).toEqual([
      "step:start sh1",
      "step:start sh2",
      "step:failed sh2",
      "chain:abandoned sh3: bug",
      "step:done sh1",
      "chain:abandoned sh1: bug",
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "step:failed",
        error: expect.objectContaining({ code: "INTERNAL_ERROR", message: bug.message }),
        notAttempted: ["2.b"],
      }),
    );
    expect(await ledgerOf(database, "sh1")).toEqual(["1.a"]);
    expect(await ledgerOf(database, "sh2")).toEqual([]);
  });
});

describe("a run that is interrupted", () => {
  it("cancels again what a request to cancel has missed", { timeout: 30_000 }, async () => {
    const database = await cluster.node.createDatabase();
    onTestFinished(() => database.drop());
    await database.query("CREATE SCHEMA sh0001; CREATE SCHEMA sh0002");
    const controller = new AbortController();
    const run = runVersions({
      targets: [target("n", database)],
      versions: { "1.sleep.sh": "SELECT pg_sleep(600)" },
      signal: controller.signal,
      lostCancels: 3,
    });
    const asleep =
      "SELECT count(*)::int AS asleep FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    await expect.poll(() => database.query(asleep)).toEqual([{ asleep: 2 }]);
    controller.abort();
    const ended = (await run).filter(({ type }) => type === "chain:abandoned");
    expect(ended).toMatchObject([{ reason: "interrupted" }, { reason: "interrupted" }]);
  });
});
