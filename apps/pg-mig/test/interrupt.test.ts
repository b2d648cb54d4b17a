import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const sleep = "20240102000000.sleep.sh";

async function sleeping() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    "20240101000000.users.sh": "CREATE TABLE users(id int);",
    [sleep]: "CREATE TABLE half(); SELECT pg_sleep(600);",
  });
  /** Waits until both shards sleep on the server. */
  const asleep = async () => {
    const count = `SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    while ((await prepared.column(count))[0] !== 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { ...prepared, asleep };
}

describe("Ctrl-C and SIGTERM", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s cancels what runs, rolls it back, tells what was done, and exits with %i",
    async (signal, status) => {
      const { start, asleep, ledger, column, migrations, pgMig } = await sleeping();
      const run = start();
      await asleep();
      run.kill(signal);
      const { stdout, stderr, ...ended } = await run.result;
      expect(ended.status).toBe(status);
      expect(stdout).toContain("Interrupted: 2 of 4 steps applied, 2 not attempted");
      expect(stderr).toContain("Press Ctrl-C again to leave at once");
      expect(await ledger("sh1")).toEqual(["20240101000000.users.sh"]);
      expect(await column("SELECT to_regclass('sh1.half')")).toEqual([null]);
      expect(
        await column("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pg-mig%'"),
      ).toEqual([]);

      await migrations({ [sleep]: "CREATE TABLE half();" });
      expect(await pgMig()).toMatchObject({
        status: 0,
        stdout: expect.stringContaining("Done: 2 of 2 steps applied"),
      });
      expect(await ledger("sh1")).toEqual(["20240101000000.users.sh", sleep]);
    },
  );

  it("say that nothing was run if they come before that", async () => {
    const { start, asleep } = await sleeping();
    const run = start();
    await asleep();
    const waiting = start(["--wait"]);
    await waiting.printed("Waiting for another run");
    waiting.kill("SIGINT");
    const { status, stdout, stderr } = await waiting.result;
    expect({ status, stdout }).toEqual({ status: 130, stdout: "" });
    expect(stderr).toContain("Interrupted before any version ran.\n");
    run.kill("SIGINT");
    await run.result;
  });

  it("takes the signals that npm adds to a Ctrl-C for the same one", async () => {
    const { start, asleep } = await sleeping();
    const run = start();
    await asleep();
    run.kill("SIGINT");
    run.kill("SIGTERM");
    const { status, stdout } = await run.result;
    expect([130, 143]).toContain(status);
    expect(stdout).toContain("Interrupted: 2 of 4 steps applied");
  });

  it("leave at once the second time, whatever the server does", async () => {
    const { start, asleep, migrations, column } = await sleeping();
    await migrations({
      [sleep]: `CREATE TABLE half(); DO $$ BEGIN LOOP
        BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN END; END LOOP; END $$;`,
    });
    const run = start();
    await asleep();
    run.kill("SIGINT");
    await run.printed("Press Ctrl-C again to leave at once");
    await new Promise((resolve) => setTimeout(resolve, 500));
    run.kill("SIGINT");
    expect((await run.result).status).toBe(130);
    await column(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pg-mig%'",
    );
    expect(await column("SELECT to_regclass('sh1.half')")).toEqual([null]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s leaves at once while a config file computes its values",
    async (signal, status) => {
      const { start, write, ledger } = await sleeping();
      await write(
        "pg-mig.config.js",
        "module.exports = async () => { console.error('computing'); await new Promise((r) => setTimeout(r, 600_000)); };",
      );
      const run = start();
      await run.printed("computing");
      run.kill(signal);
      expect((await run.result).status).toBe(status);
      await expect(ledger("sh1")).rejects.toThrow("mig_versions_const");
    },
  );

  it("leave at once while `after` of a config file runs, when all is applied", async () => {
    const { start, write, migrations, ledger } = await sleeping();
    await migrations({ [sleep]: "" });
    await write(
      "pg-mig.config.js",
      "exports.after = async () => { console.error('calling'); await new Promise((r) => setTimeout(r, 600_000)); };",
    );
    const run = start();
    await run.printed("calling");
    run.kill("SIGINT");
    const { status, stdout, stderr } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toContain("Done: 4 of 4 steps applied");
    expect(stderr).not.toContain("rolled back");
    expect(await ledger("sh2")).toEqual(["20240101000000.users.sh", sleep]);
  });

  it("end the waiting behind $delay, whose version counts as applied", async () => {
    const { start, migrations } = await sleeping();
    await migrations({ [sleep]: "-- $delay = 600000\n-- $parallelism_global = 1\n" });
    const run = start();
    await run.printed(`${sleep} (`);
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    // The other shard waits for the limit, or has not come so far.
    expect(stdout).toMatch(/Interrupted: [23] of 4 steps applied/);
    expect(stdout).toContain(`${sleep}  1 shard `);
  });

  it("end the waiting for a lock that somebody holds; the next run waits again, and goes on", async () => {
    const { start, migrations, database } = await sleeping();
    await migrations({ [sleep]: "ALTER TABLE locked ADD c int;" });
    await database.query("CREATE TABLE sh1.locked(); CREATE TABLE sh2.locked()");
    const other = await database.connect();
    await other.query("BEGIN; LOCK sh1.locked");
    const run = start();
    await run.printed("will retry (lock-timeout)");
    await run.printed(`sh2 ${sleep} (`);
    run.kill("SIGINT");
    expect(await run.result).toMatchObject({
      status: 130,
      stdout: expect.stringContaining("Interrupted: 3 of 4 steps applied, 1 not attempted"),
    });
    const next = start();
    await next.printed("will retry (lock-timeout)");
    await other.query("ROLLBACK");
    await other.end();
    expect(await next.result).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Done: 1 of 1 step applied"),
    });
  });

  it("leave a half-built index behind, which the next run replaces", async () => {
    const { start, pgMig, migrations, database, column } = await sleeping();
    await migrations({
      [sleep]: "-- $run_alone = 1\nCREATE INDEX CONCURRENTLY half_index ON users(id);",
    });
    await migrations({ "20240101000000.users.sh": "CREATE TABLE IF NOT EXISTS users(id int);" });
    await database.query("CREATE TABLE sh1.users(id int)");
    const other = await database.connect();
    await other.query("BEGIN; INSERT INTO sh1.users VALUES (1)");
    const run = start();
    const waiting = `SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'
      AND wait_event_type = 'Lock' AND datname = current_database()`;
    while ((await column(waiting))[0] !== 1) {
      await new Promise((r) => setTimeout(r, 20));
    }
    run.kill("SIGINT");
    expect((await run.result).status).toBe(130);
    await other.query("ROLLBACK");
    await other.end();
    expect((await pgMig()).status).toBe(0);
    const valid =
      "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid = 'sh1.half_index'::regclass";
    expect(await column(valid)).toEqual([true]);
  });
});
