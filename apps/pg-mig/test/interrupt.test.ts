import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const SLEEP = "20240102000000.sleep.sh";

async function sleeping() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    "20240101000000.users.sh": "CREATE TABLE users(id int);",
    [SLEEP]: "CREATE TABLE half(); SELECT pg_sleep(600);",
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

      await migrations({ [SLEEP]: "CREATE TABLE half();" });
      expect(await pgMig()).toMatchObject({
        status: 0,
        stdout: expect.stringContaining("Done: 2 of 2 steps applied"),
      });
      expect(await ledger("sh1")).toEqual(["20240101000000.users.sh", SLEEP]);
    },
  );

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
      [SLEEP]: `CREATE TABLE half(); DO $$ BEGIN LOOP
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
});
