import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";

/** A run whose first version is at work until it is let go. */
async function running() {
  const prepared = await scenario({ shards: ["sh1", "sh2", "sh3"] });
  await prepared.migrations({
    [first]: "-- $lock_timeout = 0\nCREATE TABLE t (); SELECT pg_advisory_xact_lock_shared(77)",
    [second]: "CREATE TABLE u ()",
  });
  const holders = await Promise.all(prepared.databases.map((database) => database.connect()));
  onTestFinished(async () => {
    await Promise.all(holders.map((holder) => holder.end()));
  });
  for (const holder of holders) {
    await holder.query("SELECT pg_advisory_lock(77)");
  }
  const run = prepared.start(["--parallelism=1"]);
  const waiting = "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  for (const database of prepared.databases) {
    while ((await prepared.column(waiting, database))[0] === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const letGo = () =>
    Promise.all(holders.map((holder) => holder.query("SELECT pg_advisory_unlock(77)")));
  return { ...prepared, run, letGo };
}

describe("pg-mig pause", () => {
  it("has the run end what it is doing and start nothing new, with status 3 and who has asked", async () => {
    const { run, letGo, pgMig, ledger, databases, column } = await running();
    const asked = await pgMig(["pause"]);
    expect(asked).toMatchObject({ status: 0, stderr: "" });
    expect(asked.stdout).toMatch(
      /^pg-mig apply on .*, pid \d+, since .*: pauses when what it is doing is done \(.*, .*\)\.\n$/,
    );
    await letGo();
    const { status, stdout } = await run.result;
    expect(status).toBe(3);
    expect(stdout).toContain("Paused: 2 of 12 steps applied, 10 not attempted");
    expect(stdout).toMatch(/postgres has asked the run from \S+ to pause\./);
    const made = "SELECT tablename FROM pg_tables WHERE schemaname LIKE 'sh_' ORDER BY 1";
    for (const database of databases) {
      expect(await column(made, database)).toEqual(["t"]);
    }

    // Nothing is remembered for the next one.
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await ledger("sh3")).toEqual([first, second]);
  });

  it("says so if there is no run, with status 2", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ [first]: "SELECT 1;" });
    expect(await pgMig(["pause"])).toEqual({
      status: 2,
      stdout: "No run is at work.\n",
      stderr: "",
    });
    const { stdout } = await pgMig(["pause", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ type: "pause", outcome: "no-run", runs: [] });
    expect(await pgMig()).toMatchObject({ status: 0 });
  });

  it("is not obeyed if a role asks that may not end the run's sessions", async () => {
    const { run, letGo, pgMig, databases, column } = await running();
    const { pauseRun } = await import("@pg-mig/migrate");
    const [database] = databases as [TestDatabase, TestDatabase];
    await column("CREATE ROLE nosy LOGIN PASSWORD 'x'");
    onTestFinished(async () => {
      await column("DROP ROLE nosy");
    });
    const { hosts } = await import("@pg-mig/cluster");
    const { host, port, name } = database;
    const url = `postgres://nosy:x@${host}:${port}/${name}`;
    await expect(
      pauseRun({
        migrationDirectory: "mig",
        sources: [hosts([url])],
        defaults: { port: 5432, user: "nosy", sslMode: "disable" },
        answerWithinMs: 7000,
      }),
    ).rejects.toMatchObject({ code: "PAUSE_UNHEARD" });
    await letGo();
    expect((await run.result).status).toBe(0);
    expect(await pgMig(["status", "--check"])).toMatchObject({ status: 0 });
  });
});
