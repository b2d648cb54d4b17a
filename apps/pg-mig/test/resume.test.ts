import { describe, expect, it, vi } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });

const [users, email, count] = ["1.users.sh", "2.email.sh", "3.count.sh"];
const shardNames = ["sh1", "sh2", "sh3"];
/** What the versions leave in the logs of a node's shards, each done once. */
const allSteps = ["2,3", "2,3", "2,3"];
const waitFlag = { timeout: 30_000, interval: 20 };

/** Three versions for three shards on two nodes; the second one cannot be done on sh2 of the first. */
async function failing() {
  const prepared = await scenario({ shards: shardNames });
  const { migrations, database, databases, column } = prepared;
  await migrations({
    [users]: "CREATE TABLE IF NOT EXISTS users(id int); CREATE TABLE log(version text);",
    [email]: [
      "INSERT INTO log VALUES ('2');",
      "ALTER TABLE users",
      "  ADD COLUMN email text; -- sh2 has it",
    ].join("\n"),
    [count]: "INSERT INTO log VALUES ('3');",
  });
  await database.query("CREATE TABLE sh2.users(id int, email text)");
  return {
    ...prepared,
    /** Mends what is wrong on sh2. */
    mend: () => database.query("ALTER TABLE sh2.users DROP COLUMN email"),
    /** What the versions have written, on all shards in order, by node. */
    logs: () =>
      Promise.all(
        databases.map((on) =>
          Promise.all(
            shardNames.map(async (shard) =>
              (await column(`SELECT version FROM ${shard}.log ORDER BY 1`, on)).join(),
            ),
          ),
        ),
      ),
  };
}

describe("a version that fails on one shard", () => {
  it("ends the chain of that shard alone, and is rolled back there; the others go on", async () => {
    const { pgMig, ledger, logs, databases } = await failing();
    const [first, second] = databases;
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("16 of 18 steps applied");
    expect(await ledger("sh2", first)).toEqual([users]);
    for (const [shard, on] of [
      ["sh1", first],
      ["sh3", first],
      ["sh2", second],
    ] as const) {
      expect(await ledger(shard, on)).toEqual([users, email, count]);
    }
    expect(await logs()).toEqual([["2,3", "", "2,3"], allSteps]);
  });

  it("is told with node, shard, version, file, line and column, and the server's words", async () => {
    const { pgMig, databases } = await failing();
    const { stdout } = await pgMig();
    expect(stdout).toContain(
      [
        `2.email.sh failed on 127.0.0.1:${databases[0]?.port}:sh2: mig/2.email.sh.up.sql:2:1: ` +
          'column "email" of relation "users" already exists',
        "    ALTER TABLE users",
        "    ^",
        "  SQLSTATE: 42701",
        "  more: pg-mig help SCRIPT_FAILED",
        "  not attempted after it: 1 step",
      ].join("\n"),
    );
  });

  it("is all that is left for the next run, with what comes behind it; then there is nothing to do", async () => {
    const { pgMig, mend, logs } = await failing();
    await pgMig();
    expect((await pgMig()).stdout).toContain("0 of 2 steps applied");
    await mend();
    const { status, stdout } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toContain("Done: 2 of 2 steps applied");
    expect((await pgMig()).stdout).toContain("Nothing to do.");
    expect(await logs()).toEqual([allSteps, allSteps]);
  });
});

describe("a run goes on where the cluster is", () => {
  it("gives all versions to a shard that was made since, and touches no other", async () => {
    const { pgMig, mend, ledger, logs, database } = await failing();
    await mend();
    expect((await pgMig()).status).toBe(0);
    await database.query("CREATE SCHEMA sh4");
    expect((await pgMig()).stdout).toContain("Done: 3 of 3 steps applied");
    expect(await ledger("sh4")).toEqual([users, email, count]);
    expect(await logs()).toEqual([allSteps, allSteps]);
  });

  it("after one that was killed in the middle of a version, which is done once all the same", async () => {
    const { pgMig, start, mend, migrations, logs, databases, column, ledger } = await failing();
    await mend();
    for (const on of databases) {
      await on.query("CREATE TABLE public.gate AS SELECT 'closed'");
    }
    await migrations({
      [count]: `INSERT INTO log VALUES ('3');
        DO $$ BEGIN
          WHILE EXISTS (SELECT FROM public.gate) LOOP PERFORM pg_sleep(0.02); END LOOP;
        END $$;`,
    });
    const run = start();
    const waiting = `SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    for (const on of databases) {
      await vi.waitFor(async () => expect(await column(waiting, on)).toEqual([3]), waitFlag);
    }
    run.kill("SIGKILL");
    expect((await run.result).status).toBeNull();
    const next = start();
    for (const on of databases) {
      await on.query("DELETE FROM public.gate");
    }
    expect((await next.result).status).toBe(0);
    for (const on of databases) {
      for (const shard of shardNames) {
        expect(await ledger(shard, on)).toEqual([users, email, count]);
      }
    }
    expect(await logs()).toEqual([allSteps, allSteps]);
    expect((await pgMig()).stdout).toContain("Nothing to do.");
  });

  it("after its servers were killed and came back", async () => {
    const { pgMig, mend, logs } = await failing();
    await pgMig();
    await mend();
    for (const node of cluster().nodes) {
      await node.kill();
      await node.start();
    }
    expect((await pgMig()).stdout).toContain("Done: 2 of 2 steps applied");
    expect(await logs()).toEqual([allSteps, allSteps]);
  });
});
