import { describe, expect, it } from "vitest";
import { printedEvents } from "./printed-events.js";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const shards = Array.from({ length: 8 }, (_, i) => `sh${i + 1}`);
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";
const failing = { [first]: "CREATE TABLE t (id int); SELECT 1 / 0" };

describe("pg-mig --stop-at", () => {
  it("starts nothing more when so many shards have failed, and tells what it left", async () => {
    const { migrations, pgMig, column } = await scenario({ shards });
    await migrations({
      ...failing,
      [second]: "CREATE TABLE u (id int)",
      "after.sql": "CREATE TABLE public.after_ran ()",
    });
    const ended = await pgMig(["--stop-at=3", "--parallelism=1", "--json"]);
    expect(ended.status).toBe(1);
    const all = printedEvents(ended);
    const spent = all.findIndex(({ type }) => type === "budget:spent");
    expect(all[spent]).toMatchObject({ limit: "failed", failed: 3 });
    expect(all.slice(spent).filter(({ type }) => type === "step:start")).toEqual([]);
    const report = all.at(-1)?.report as Record<string, unknown[]>;
    expect(report).toMatchObject({
      outcome: "failed",
      stoppedBy: "3 shards failed, so nothing new starts (the setting `stopAt`).",
    });
    const failed = report.failed?.length ?? 0;
    // Beside the third, one more was at work on the other node.
    expect([3, 4]).toContain(failed);
    expect(report.abandoned).toHaveLength(16 - failed);
    expect(report.abandoned?.[0]).toMatchObject({ reason: "stopped" });
    expect(await column("SELECT to_regclass('public.after_ran')::text")).toEqual(["after_ran"]);
  });

  it("says so in the summary, and goes on when it is run again", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards });
    await migrations(failing);
    const { status, stdout, stderr } = await pgMig(["--stop-at=3,1/node", "--parallelism=1"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/1 shard failed on \S+, so nothing new starts \(--stop-at\)\./);
    expect(stdout).toMatch(/1 shard failed on \S+, so nothing new starts \(--stop-at\)\./);
    expect(stdout).toContain("Not attempted because the run was stopped: ");
    expect(stdout).toContain("Fix what failed, then run pg-mig again.");
    await migrations({ [first]: "CREATE TABLE t (id int)" });
    expect((await pgMig(["--stop-at=3,1/node"])).status).toBe(0);
    expect(await ledger("sh8")).toEqual([first]);
  });

  it("takes the limits from rollout.stopAt of the config, and the command line first", async () => {
    const { migrations, pgMig, write } = await scenario({ shards });
    await migrations(failing);
    await write("pg-mig.config.mjs", "export default { rollout: { stopAt: { failed: 1 } } };");
    const configured = await pgMig(["--parallelism=1"]);
    expect(configured.stdout).toContain("1 shard failed, so nothing new starts");
    const typed = await pgMig(["--parallelism=1", "--stop-at=50%"]);
    expect(typed.stdout).toContain("8 of 16 shards failed, 50% or more, so nothing new starts");
  });

  it("lets a version that fails on fewer shards reach all others", async () => {
    const many = Array.from({ length: 100 }, (_, i) => `sh${i + 100}`);
    const { migrations, pgMig, databases, column } = await scenario({ shards: many });
    const [one] = databases;
    await one?.query("CREATE TABLE sh150.t ()");
    await migrations({ [first]: "CREATE TABLE t (id int)" });
    const { status, stdout } = await pgMig(["--stop-at=1%"]);
    expect(status).toBe(1);
    expect(stdout).toContain("199 of 200 steps applied, 1 failed, in");
    expect(stdout).not.toContain("nothing new starts");
    const tables = "SELECT count(*)::int FROM pg_class WHERE relname = 't'";
    for (const database of databases) {
      expect(await column(tables, database)).toEqual([100]);
    }
  });

  it.each([["--stop-at=0"], ["--stop-at=101%"], ["--stop-at=1,2"], ["--stop-at=1/host"]])(
    "refuses %s",
    async (option) => {
      const { pgMig, migrations } = await scenario();
      await migrations(failing);
      const { status, stderr } = await pgMig([option]);
      expect(status).toBe(1);
      expect(stderr).toContain(
        "Expected --stop-at to be limits of failures, such as 3, 1%, 2/node",
      );
    },
  );

  it.each([
    ["{ stopAtt: {} }", 'an object with waves, stopAt, onStop, and not "stopAtt"'],
    ["{ stopAt: { failed: 0 } }", "rollout.stopAt.failed"],
    ["{ stopAt: { failedPercent: '1%' } }", "rollout.stopAt.failedPercent"],
  ])("refuses rollout: %s in the config", async (text, complaint) => {
    const { pgMig, migrations, write } = await scenario();
    await migrations(failing);
    await write("pg-mig.config.mjs", `export default { rollout: ${text} };`);
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stderr).toContain(complaint);
  });
});
