import { hosts } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/report";
import { startProxy, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  appliedOn,
  collect,
  countingVersions,
  expectAllApplied,
  ledgerOf,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { addMigrations, migrationFolder } from "./migration-folder.test.support.js";

const slowTest = { timeout: 60_000 };
const { databases, cluster } = shardedCluster({ nodes: 2 });

describe("apply", slowTest, () => {
  it("applies every version once to every shard of every node, then finds nothing to do", async () => {
    const nodes = await databases();
    const versions = countingVersions(3);
    const folder = await migrationFolder(versions);
    const first = await apply(options(nodes, folder)).result;
    expect(first).toMatchObject({ outcome: "done", planned: 24, done: 24, notAttempted: 0 });
    await expectAllApplied(nodes, Object.keys(versions));
    const second = await apply(options(nodes, folder)).result;
    expect(second).toMatchObject({ outcome: "nothing-to-do", planned: 0, done: 0 });
  });

  it("goes on where a failed run left off", async () => {
    const nodes = await databases();
    const versions = countingVersions(3);
    const [first = "", second = "", third = ""] = Object.keys(versions);
    const folder = await migrationFolder({
      ...versions,
      [second]: `${versions[second]}\nCREATE UNIQUE INDEX ON ballast(id);`,
    });
    for (const database of nodes) {
      for (const shard of shardNames) {
        await database.query(`CREATE TABLE ${shard}.ballast(id int)`);
      }
    }
    await nodes[1]?.query("INSERT INTO sh0003.ballast VALUES (1), (1)");

    const failed = await apply(options(nodes, folder)).result;
    expect(failed).toMatchObject({ outcome: "failed", planned: 24, done: 22, notAttempted: 1 });
    expect(failed.failed).toMatchObject([
      {
        node: expect.stringContaining(String(cluster().nodes[1]?.port)),
        shard: "sh0003",
        version: second,
        notAttempted: [third],
        error: {
          code: "SCRIPT_FAILED",
          where: { line: 3, column: 1 },
          server: { sqlState: "23505" },
        },
      },
    ]);
    expect(await ledgerOf(nodes[1] as TestDatabase, "sh0003")).toEqual([first]);
    expect(await appliedOn(nodes[1] as TestDatabase, "sh0003")).toEqual([first]);

    await nodes[1]?.query("DELETE FROM sh0003.ballast");
    const resumed = await apply(options(nodes, folder)).result;
    expect(resumed).toMatchObject({ outcome: "done", planned: 2, done: 2 });
    await expectAllApplied(nodes, Object.keys(versions));
  });

  it("stops before anything is changed when one shard has another history", async () => {
    const nodes = await databases();
    const versions = countingVersions(2);
    const folder = await migrationFolder(versions);
    await nodes[1]?.query(
      `CREATE FUNCTION sh0002.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '["1.other.sh"]'; $$`,
    );
    await expect(apply(options(nodes, folder)).result).rejects.toMatchObject({
      code: "TIMELINE_VIOLATION",
      where: { shard: "sh0002" },
    });
    for (const database of nodes) {
      expect(await appliedOn(database, "sh0001")).toEqual([]);
    }
  });

  it("goes round again for schemas that a version makes", async () => {
    const nodes = await databases();
    const folder = await migrationFolder({
      "20240101000000.shards.public":
        "CREATE SCHEMA sh0005; CREATE TABLE sh0005.applied(version text);",
      ...countingVersions(1),
    });
    const events = await collect(apply(options(nodes, folder)));
    expect(events.filter(({ type }) => type === "round:start")).toEqual([
      {
        type: "round:start",
        round: 2,
        chains: 2,
        steps: 2,
        stepsByNode: nodes.map(() => ({ node: expect.any(String), steps: 1 })),
        stepsByVersion: [{ version: "20240101000000.count.sh", steps: 2 }],
      },
    ]);
    expect(await appliedOn(nodes[0] as TestDatabase, "sh0005")).toEqual([
      "20240101000000.count.sh",
    ]);
  });

  it("puts a shard back whose table is locked, runs the others, and ends with all of them", async () => {
    const nodes = await databases();
    const folder = await migrationFolder({
      "20240101000000.lock.sh":
        "ALTER TABLE applied ADD COLUMN c int; INSERT INTO applied VALUES ('20240101000000.lock.sh');",
    });
    const holder = await (nodes[0] as TestDatabase).connect();
    onTestFinished(() => holder.end());
    await holder.query("BEGIN; LOCK TABLE sh0002.applied IN ACCESS SHARE MODE");
    const events: RunEvent[] = [];
    for await (const event of apply({ ...options(nodes, folder), parallelism: 1 })) {
      events.push(event);
      const done = events.filter(({ type }) => type === "step:done").length;
      if (done === 7 && event.type === "step:requeued") {
        await holder.query("COMMIT");
      }
    }
    expect(events).toContainEqual(
      expect.objectContaining({ type: "step:requeued", shard: "sh0002", reason: "lock-timeout" }),
    );
    const order = events.flatMap((event) => (event.type === "step:done" ? [event.shard] : []));
    expect(order.at(-1)).toBe("sh0002");
    await expectAllApplied(nodes, ["20240101000000.lock.sh"]);
  });

  it("finishes with each version once while somebody ends its sessions at random", async () => {
    const nodes = await databases();
    const versions = countingVersions(8);
    const folder = await migrationFolder(versions);
    let over = false;
    const kill = async () => {
      while (!over) {
        for (const database of nodes) {
          await database.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name LIKE 'pg-mig%' AND datname = '${database.name}' AND random() < 0.2`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const run = apply(options(nodes, folder));
    let killing: Promise<void> | undefined;
    try {
      // Not before: while it plans, the run would simply be refused.
      for await (const { type } of run) {
        if (type === "step:start") {
          killing ??= kill();
        }
      }
    } finally {
      over = true;
      await killing;
    }
    let report = await run.result;
    if (report.outcome !== "done") {
      report = await apply(options(nodes, folder)).result;
    }
    expect(report.outcome).toMatch(/^(done|nothing-to-do)$/);
    await expectAllApplied(nodes, Object.keys(versions));
  });

  it("knows that a version is not there whose own session dies at every COMMIT", async () => {
    const nodes = await databases();
    const version = "20240101000000.dies.sh";
    const folder = await migrationFolder({
      [version]: `
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON applied DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION die();
        INSERT INTO applied VALUES ('${version}');`,
    });
    const report = await apply(options(nodes.slice(0, 1), folder)).result;
    expect(report).toMatchObject({ outcome: "failed", done: 0, inDoubt: [] });
    expect(report.failed.map(({ shard }) => shard)).toEqual(shardNames);
    expect(await appliedOn(nodes[0] as TestDatabase, "sh0001")).toEqual([]);
  });

  it("rolls back what runs, and reports the rest as not attempted, when it is aborted", async () => {
    const nodes = await databases();
    const versions = countingVersions(1);
    const folder = await migrationFolder({
      ...versions,
      "20240101000009.sleep.sh": "INSERT INTO applied VALUES ('half'); SELECT pg_sleep(600);",
    });
    const controller = new AbortController();
    const run = apply({ ...options(nodes, folder), signal: controller.signal });
    let started = 0;
    for await (const event of run) {
      if (event.type === "step:start" && event.version === "20240101000009.sleep.sh") {
        started++;
      }
      if (started === 8) {
        controller.abort();
      }
    }
    const report = await run.result;
    expect(report).toMatchObject({ outcome: "interrupted", planned: 16, done: 8, notAttempted: 8 });
    await expectAllApplied(nodes, Object.keys(versions));
  });

  it("lets nothing that a version sets reach the next one on the same session", async () => {
    const nodes = (await databases()).slice(0, 1);
    const leaks = `
      SET my.setting = 'leaked'; SET ROLE pg_monitor; CREATE TEMP TABLE leaked(id int);
      PREPARE leaked AS SELECT 1; LISTEN leaked; SELECT pg_advisory_lock(4711); SET search_path TO public;`;
    const check = `
      DO $$ BEGIN
        ASSERT coalesce(current_setting('my.setting', true), '') = '', 'setting';
        ASSERT current_user = session_user, 'role';
        ASSERT to_regclass('pg_temp.leaked') IS NULL, 'temp table';
        ASSERT NOT EXISTS (SELECT FROM pg_prepared_statements), 'prepared statement';
        ASSERT NOT EXISTS (SELECT FROM pg_listening_channels()), 'listen';
        ASSERT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711), 'advisory lock';
        ASSERT current_schemas(false) = ARRAY[current_schema()], 'search_path';
      END $$;`;
    const folder = await migrationFolder({
      "20240101000000.leak.sh": leaks,
      "20240101000001.check.sh": check,
    });
    const report = await apply({ ...options(nodes, folder), parallelism: 1 }).result;
    expect(report.failed).toEqual([]);
    expect(report).toMatchObject({ outcome: "done", done: 8 });
  });

  it("runs before.sql and after.sql once a node, and again only when there is reason to", async () => {
    const nodes = await databases();
    for (const database of nodes) {
      await database.query("CREATE TABLE public.log(file text)");
    }
    const folder = await migrationFolder({
      ...countingVersions(1),
      "before.sql": "INSERT INTO log VALUES ('before');",
      "after.sql": "INSERT INTO log VALUES ('after');",
    });
    const log = async () => {
      const rows = await (nodes[1] as TestDatabase).query("SELECT file FROM log");
      return rows.map(({ file }) => file).join(" ");
    };
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    expect(await log()).toBe("before after");
    expect((await apply(options(nodes, folder)).result).outcome).toBe("nothing-to-do");
    expect(await log()).toBe("before after");
    await addMigrations(folder, { "after.sql": "INSERT INTO log VALUES ('edited');" });
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    expect(await log()).toBe("before after before edited");
    expect((await apply({ ...options(nodes, folder), force: true }).result).outcome).toBe("done");
    expect(await log()).toBe("before after before edited before edited");
  });
});

describe("apply, on a cluster that breaks", slowTest, () => {
  it("reports what was applied when the end of the run cannot be remembered", async () => {
    const nodes = (await databases()).slice(0, 1);
    const [database] = nodes as [TestDatabase];
    const folder = await migrationFolder({
      ...countingVersions(1),
      "after.sql": `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE 'not today'; END $$;
        CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE FUNCTION')
          EXECUTE FUNCTION refuse();`,
    });
    const report = await apply(options(nodes, folder)).result;
    expect(report).toMatchObject({
      outcome: "failed",
      done: 4,
      error: { server: { message: "not today" } },
    });
    await expectAllApplied(nodes, ["20240101000000.count.sh"]);
    await database.query("DROP EVENT TRIGGER refuse; DROP FUNCTION public.refuse()");
  });

  it("finishes on the other nodes when one goes away, and the next run finishes there", async () => {
    const nodes = await databases();
    const versions = countingVersions(4);
    const folder = await migrationFolder(versions);
    const [, second] = cluster().nodes as [unknown, TestCluster["nodes"][number]];
    const run = apply({ ...options(nodes, folder), parallelism: 1, reconnectForMs: 1000 });
    let killed: Promise<void> | undefined;
    for await (const event of run) {
      if (event.type === "step:done" && event.node.includes(String(second.port))) {
        killed ??= second.kill();
      }
    }
    await killed;
    const report = await run.result;
    expect(report.outcome).toBe("failed");
    expect(report.notAttempted).toBeGreaterThan(0);
    const onFirst = report.doneByVersion.flatMap(({ shards }) =>
      shards.filter(({ node }) => !node.includes(String(second.port))),
    );
    expect(onFirst).toHaveLength(shardNames.length * 4);
    await second.start();
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    await expectAllApplied(nodes, Object.keys(versions));
  });
});

describe("apply, whose connections break at COMMIT", slowTest, () => {
  it.each(["request", "midway", "reply"] as const)(
    "applies everything once when every third COMMIT is cut at its %s",
    async (at) => {
      const [database] = (await databases()) as [TestDatabase];
      const versions = countingVersions(5);
      const folder = await migrationFolder(versions);
      const proxy = await startProxy(database);
      onTestFinished(() => proxy.stop());
      const through = { ...options([database], folder), sources: [hosts(proxy.url)] };
      const run = apply({ ...through, parallelism: 2 });
      let commits = 0;
      // A version is given up after four broken connections: none is to meet so many by chance.
      const broken = new Map<string, number>();
      proxy.inject({ at, action: "cut" });
      for await (const event of run) {
        if (event.type === "step:requeued") {
          broken.set(event.shard, (broken.get(event.shard) ?? 0) + 1);
        } else if (event.type === "step:done") {
          broken.delete(event.shard);
          if (++commits % 3 === 0 && Math.max(0, ...broken.values()) < 3) {
            proxy.inject({ at, action: "cut" });
          }
        }
      }
      const report = await run.result;
      expect(report).toMatchObject({ outcome: "done", failed: [], inDoubt: [], done: 20 });
      await expectAllApplied([database], Object.keys(versions));
    },
  );

  it.each([
    {
      while: "the state of the run is stored",
      sql: /mig_rerun_fingerprint_const\(\) RETURNS/,
      skip: 0,
    },
    // Behind those at the start, and those with the run lock.
    { while: "the ledgers are read again", sql: /mig_digest_const,/, skip: 2 },
  ])("waits for a node that goes away while $while", async ({ sql, skip }) => {
    const [database] = (await databases()) as [TestDatabase];
    const versions = countingVersions(2);
    const folder = await migrationFolder({ ...versions, "after.sql": "SELECT 1;" });
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    const fault = proxy.inject({ sql, skip, at: "reply", action: "cut" });
    void fault.hit.then(() => {
      proxy.isolate();
      setTimeout(() => proxy.restore(), 300);
    });
    const report = await apply({ ...options([database], folder), sources: [hosts(proxy.url)] })
      .result;
    expect(fault.hits).toBe(1);
    expect(report).toMatchObject({ outcome: "done", done: 8 });
    await expectAllApplied([database], Object.keys(versions));
  });

  it("finds out what came of a COMMIT also if the connection breaks while it reads the ledger", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const versions = countingVersions(2);
    const folder = await migrationFolder(versions);
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    // The first COMMIT is that of the run's own state.
    const commit = proxy.inject({ at: "reply", action: "cut", skip: 1 });
    const reading = proxy.inject({
      sql: /n\.nspname OPERATOR\(pg_catalog\.=\) 'sh/,
      at: "request",
      action: "cut",
    });
    const report = await apply({ ...options([database], folder), sources: [hosts(proxy.url)] })
      .result;
    expect([commit.hits, reading.hits]).toEqual([1, 1]);
    expect(report).toMatchObject({ outcome: "done", done: 8, inDoubt: [] });
    await expectAllApplied([database], Object.keys(versions));
  });
});
