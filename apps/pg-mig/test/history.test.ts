import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("pg-mig history", () => {
  it("tells of each version on how many shards it is, and when it came there", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1", "sh2"] });
    expect((await pgMig(["history"])).stdout).toContain("No version is applied.");
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
    await pgMig();
    // As pg-mig 2.x writes it: without a time.
    await databases[0]?.query(
      `CREATE OR REPLACE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT '["1.a.sh"]'; $$`,
    );
    const today = new Date().toISOString().slice(0, 11);
    const { status, stdout } = await pgMig(["history", "--json"]);
    expect(status).toBe(0);
    const time = expect.stringContaining(today.slice(0, 10));
    expect(JSON.parse(stdout)).toEqual({
      type: "history",
      addresses: [expect.any(String), expect.any(String)],
      versions: [
        { version: "1.a.sh", shards: 4, firstAt: time, lastAt: time, withoutTime: 1 },
        { version: "2.b.sh", shards: 3, firstAt: time, lastAt: time, withoutTime: 0 },
      ],
    });
    const text = (await pgMig(["history"])).stdout;
    expect(text).toMatch(
      /^1\.a\.sh {2}4 shards {2}[-\d]{10} \d\d:\d\d.* UTC, no time recorded on 1$/m,
    );
    expect(text).toMatch(/^2\.b\.sh {2}3 shards {2}[-\d]{10} \d\d:\d\d.* UTC$/m);
    expect(text).toMatch(/^Nodes: /m);
  });

  it("tells of the runs that left a row in the journal, and which did not end", async () => {
    const { migrations, pgMig, start, databases, write } = await scenario({
      shards: ["sh1", "sh2"],
    });
    await write("pg-mig.config.mjs", "export default { journal: true };");
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await pgMig();
    await migrations({ "2.b.sh": "SELECT 1/0;" });
    await pgMig();
    await migrations({ "2.b.sh": "SELECT pg_sleep(60);" });
    const killed = start();
    const atWork = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while ((await databases[1]?.query(atWork))?.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    killed.kill("SIGKILL");
    await killed.result;
    await databases[1]?.query("DELETE FROM mig_journal WHERE outcome = 'failed'");

    const { stdout } = await pgMig(["history", "--json"]);
    const { runs, withoutJournal } = JSON.parse(stdout);
    const [last, failed, first] = runs;
    expect(runs).toHaveLength(3);
    expect(withoutJournal).toEqual([]);
    expect(last).not.toHaveProperty("outcome");
    expect(failed).toMatchObject({
      outcome: "failed",
      counts: { planned: 4, done: 0, failed: 4 },
      failures: [{ what: "2.b.sh", sqlState: "22012", message: "division by zero", count: 4 }],
      missingOn: [expect.stringMatching(/^127/)],
    });
    expect(first).toMatchObject({ action: "apply", outcome: "done", missingOn: [] });
    expect(first.program).toMatch(/^pg-mig /);
    const text = (await pgMig(["history"])).stdout;
    expect(text).toMatch(
      /^ {2}[-\d]{10} \d\d:\d\d UTC {2}apply {2}done after .*, 4 of 4 steps done$/m,
    );
    expect(text).toMatch(/apply {2}failed after .*, 0 of 4 steps done, 4 failed$/m);
    expect(text).toMatch(
      /^ {4}2\.b\.sh: division by zero \(22012\), 4 times, first on 127\.\S+:sh1$/m,
    );
    expect(text).toMatch(/apply {2}not ended: killed, or still at work$/m);
    expect(text).toMatch(/^ {4}not in the journal of 127\.\S+$/m);

    await databases[0]?.query("DROP TABLE mig_journal");
    expect((await pgMig(["history"])).stdout).toMatch(/^No journal on 127\.\S+: there is none\.$/m);
  });
});
