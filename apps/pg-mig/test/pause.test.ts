import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const shards = ["sh1", "sh2", "sh3", "sh4"];
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";
const slow = {
  [first]: "CREATE TABLE t (id int); SELECT pg_sleep(2.5)",
  [second]: "INSERT INTO t VALUES (1)",
};

describe("pg-mig --max-duration", () => {
  it("ends what runs and starts nothing new, says how far it got, and goes on when run again", async () => {
    const { migrations, pgMig, ledger, column } = await scenario({ shards });
    await migrations({ ...slow, "after.sql": "CREATE TABLE public.after_ran ()" });
    const paused = await pgMig(["--max-duration=2s", "--parallelism=2"]);
    expect(paused.status).toBe(3);
    const text = paused.stdout + paused.stderr;
    expect(text).toContain("What runs goes on to its end, nothing new starts.");
    expect(text).toContain("Paused: 2 of 8 steps applied, 6 not attempted");
    expect(text).toContain("The run has taken 2.0 s (--max-duration).");
    expect(text).toContain("Not attempted because the run was paused: 6 steps on ");
    expect(text).toContain("Run pg-mig again. It resumes where this run stopped.");
    expect(await ledger("sh1")).toEqual([first]);
    expect(await column("SELECT count(*)::int FROM pg_tables WHERE tablename = 't'")).toEqual([2]);
    expect(await column("SELECT to_regclass('public.after_ran')::text")).toEqual(["after_ran"]);
    await migrations({ "after.sql": "SELECT 1" });
    const next = await pgMig();
    expect(next.status).toBe(0);
    expect(next.stdout).toContain("6 of 6 steps applied");
    for (const shard of shards) {
      expect(await ledger(shard)).toEqual([first, second]);
    }
  });

  it("pauses an undo, too", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards });
    await migrations({
      [first]: "CREATE TABLE t (id int)",
      [`${first}.dn.sql`]: "DROP TABLE t; SELECT pg_sleep(2.5)",
    });
    expect((await pgMig()).status).toBe(0);
    const { status, stdout } = await pgMig([
      `--undo=${first}`,
      "--max-duration=2s",
      "--parallelism=1",
      "--json",
    ]);
    expect(status).toBe(3);
    const { report } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(report).toMatchObject({
      outcome: "paused",
      pausedBy: "The run has taken 2.0 s (the setting `maxDurationMs`).",
      done: 1,
      notAttempted: 3,
    });
    expect(report.abandoned).toHaveLength(3);
    expect(await ledger("sh2")).toEqual([first]);
  });

  it("is no pause if all was done in time, and a failure if a version failed", async () => {
    const { migrations, pgMig } = await scenario({ shards });
    await migrations({ [first]: "CREATE TABLE t (id int)" });
    expect((await pgMig(["--max-duration=1h", "--until=00:00"])).status).toBe(0);
    await migrations({
      ...slow,
      [second]: "SELECT 1 / (current_schema() <> 'sh1')::int; SELECT pg_sleep(2.5)",
    });
    const { status, stdout } = await pgMig(["--max-duration=2s", "--parallelism=2"]);
    expect(status).toBe(1);
    expect(stdout).toContain("1 failed");
    expect(stdout).toContain("the run was paused");
  });

  it.each([["--max-duration=0"], ["--max-duration=5"], ["--until=6"], ["--until=24:00"]])(
    "refuses %s",
    async (option) => {
      const { pgMig, migrations } = await scenario();
      await migrations(slow);
      const { status, stderr } = await pgMig([option]);
      expect(status).toBe(1);
      expect(stderr).toContain(option.split("=")[0]);
    },
  );
});
