import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

/** Does not end before there is a row in the table `public.go`. */
const waitFlag =
  "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM public.go) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$;";

const { scenario, cluster } = scenarios({ nodes: 2 });

describe("several runs at once", () => {
  it("apply every version once between them, and all succeed if they wait", async () => {
    const shards = ["sh1", "sh2", "sh3", "sh4", "sh5"];
    const { migrations, pgMig, ledger, column, databases } = await scenario({ shards });
    const names = Array.from({ length: 5 }, (_, i) => `2024010100000${i}.count.sh`);
    await migrations({
      "1.log.sh": "CREATE TABLE log(version text);",
      ...Object.fromEntries(names.map((name) => [name, `INSERT INTO log VALUES ('${name}');`])),
    });
    const runs = await Promise.all([pgMig(["--wait"]), pgMig(["--wait=1h"]), pgMig(["--wait"])]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
    for (const database of databases) {
      for (const shard of shards) {
        const rows = await column(`SELECT version FROM ${shard}.log ORDER BY 1`, database);
        expect(rows, `rows of ${shard}`).toEqual(names);
        expect(await ledger(shard, database), `ledger of ${shard}`).toEqual(["1.log.sh", ...names]);
      }
    }
  });

  it("fail but for one, and say who that is, if they do not wait", async () => {
    const { migrations, start, pgMig, databases, ledger } = await scenario({ shards: ["sh1"] });
    for (const database of databases) {
      await database.query("CREATE TABLE go(n int)");
    }
    await migrations({ "1.wait.sh": waitFlag });
    const first = start(["--json"]);
    await first.printed("step:start");
    for (const args of [[], ["--wait=100ms"]]) {
      const { status, stderr } = await pgMig(args);
      expect(status).toBe(1);
      expect(stderr).toMatch(/Another run works on .*: pg-mig apply on .+, pid \d+, since 20/);
      expect(stderr).toMatch(/--wait.*SELECT pg_terminate_backend\(\d+\);/s);
    }
    const waiting = start(["--wait"]);
    await waiting.printed("Waiting for another run on 127.0.0.1");
    waiting.kill("SIGINT");
    expect((await waiting.result).status).toBe(130);
    expect((await pgMig(["status"])).status).toBe(0);
    expect((await pgMig(["--dry"])).status).toBe(0);
    for (const database of databases) {
      await database.query("INSERT INTO go VALUES (1)");
    }
    expect((await first.result).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.wait.sh"]);
  });

  it("apply nothing twice if one is stopped, loses its locks to the other, and goes on", async () => {
    const shards = ["sh1", "sh2", "sh3"];
    const { migrations, start, databases, column, ledger } = await scenario({ shards });
    const names = ["1.wait.sh", "2.log.sh", "3.log.sh"];
    const log = (name: string) => `INSERT INTO log VALUES ('${name}');`;
    for (const database of databases) {
      await database.query("CREATE TABLE go(n int)");
      for (const shard of shards) {
        await database.query(`CREATE TABLE ${shard}.log(version text)`);
      }
    }
    await migrations(
      Object.fromEntries(
        names.map((name) => [name, name === "1.wait.sh" ? `${waitFlag} ${log(name)}` : log(name)]),
      ),
    );
    const first = start(["--parallelism=1", "--json"]);
    await first.printed("step:start");
    first.kill("SIGSTOP");
    for (const database of databases) {
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 2 AND classid = ${0x70676d68}`);
    }
    const second = start(["--json"]);
    await second.printed("step:start");
    for (const database of databases) {
      await database.query("INSERT INTO go VALUES (1)");
    }
    const applied = "SELECT count(*)::int FROM sh3.log";
    while ((await column(applied))[0] !== 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    first.kill("SIGCONT");
    const [one, two] = await Promise.all([first.result, second.result]);
    expect(two.status, two.stdout + two.stderr).toBe(0);
    expect(one.stdout).toMatch(/"chain:abandoned"|"outcome":"(done|nothing-to-do)"/);
    expect(one.stdout + two.stdout).not.toMatch(/"step:failed"|"step:in-doubt"/);
    for (const database of databases) {
      for (const shard of shards) {
        const rows = await column(`SELECT version FROM ${shard}.log ORDER BY 1`, database);
        expect(rows, `rows of ${shard}`).toEqual(names);
        expect(await ledger(shard, database), `ledger of ${shard}`).toEqual(names);
      }
    }
  });

  it("end in an error that says where, if one makes a history that is none to the other", async () => {
    const { migrations, start, ledger, databases } = await scenario({ shards: ["sh1"] });
    for (const database of databases) {
      await database.query("CREATE TABLE go(n int)");
    }
    // The plan is made, and nothing is applied, for as long as before.sql waits.
    const wait = "WHILE NOT EXISTS (SELECT FROM go) LOOP PERFORM pg_sleep(0.02); END LOOP;";
    await migrations({
      "before.sql": `DO $$ BEGIN ${wait} END $$;`,
      "2.b.sh": "CREATE TABLE t();",
    });
    const run = start();
    await run.printed("before.sql starts");
    for (const database of databases) {
      await database.query(`CREATE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql
        AS $$ SELECT '["1.other.sh"]'; $$; INSERT INTO go VALUES (1)`);
    }
    const { status, stdout } = await run.result;
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.b\.sh failed on 2 shards: .* on 127\.0\.0\.1:\d+, shard sh1/);
    expect(await ledger("sh1")).toEqual(["1.other.sh"]);
  });

  it("leave no shard with half of a version, if one applies it and the other undoes it", async () => {
    const shards = ["sh1", "sh2", "sh3", "sh4", "sh5"];
    const { migrations, pgMig, ledger, column, databases } = await scenario({ shards });
    await migrations({
      "1.a.sh": "",
      "2.b.sh": "CREATE TABLE b();",
      "2.b.sh.dn.sql": "DROP TABLE b;",
    });
    for (let i = 0; i < 3; i++) {
      const runs = await Promise.all([pgMig(["--wait"]), pgMig(["--undo=2.b.sh", "--wait"])]);
      expect(runs.map(({ stdout }) => stdout)).not.toContainEqual(expect.stringMatching(/table/));
      for (const database of databases) {
        for (const shard of shards) {
          const versions = await ledger(shard, database).catch((): string[] => []);
          const made = await column(`SELECT to_regclass('${shard}.b') IS NOT NULL`, database);
          expect(made, shard).toEqual([versions.includes("2.b.sh")]);
        }
      }
    }
    expect((await pgMig()).status).toBe(0);
    for (const shard of shards) {
      expect(await ledger(shard)).toEqual(["1.a.sh", "2.b.sh"]);
    }
  });

  it("make a missing database once with --createdb, and all succeed", async () => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "1.a.public": "CREATE TABLE t();" });
    const [node] = cluster().nodes;
    if (node === undefined) {
      throw new Error("There is no node.");
    }
    onTestFinished(async () => {
      await node.query("DROP DATABASE made_by_many");
    });
    const args = [`--hosts=${new URL("/", node.url).href}`, "--db=made_by_many", "--createdb"];
    const waiting = [...args, "--wait"];
    const runs = await Promise.all([pgMig(waiting), pgMig(waiting), pgMig(waiting)]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
    const told = runs.filter(({ stderr }) => stderr.includes("it is created"));
    const did = runs.filter(({ stdout }) => stdout.includes("Done: 1 of 1 step applied"));
    expect({ told: told.length, did: did.length }).toEqual({ told: 1, did: 1 });
  });
});
