import type { RunEvent } from "@pg-mig/report";
import {
  pgBouncerMissing,
  type StartPgBouncerOptions,
  startPgBouncer,
  startProxy,
} from "@pg-mig/testkit";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  collect,
  countingVersions,
  expectAllApplied,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { dryRun } from "./dry-run.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 2 });

/** The databases, each behind a PgBouncer of its own. */
async function poolers(
  mode: StartPgBouncerOptions["mode"],
  settings: StartPgBouncerOptions["settings"] = {},
) {
  const nodes = await databases();
  const bouncers = await Promise.all(nodes.map((node) => startPgBouncer({ node, mode, settings })));
  for (const bouncer of bouncers) {
    onTestFinished(() => bouncer.stop());
  }
  // As a run names its nodes.
  return { nodes, bouncers: bouncers.sort((a, b) => a.port - b.port) };
}

const runLocks = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1885826408";

describe.skipIf(pgBouncerMissing() !== undefined)("a run through PgBouncer", () => {
  it("is as any other in session mode: one at a time, with everything it may do", async () => {
    const { nodes, bouncers } = await poolers("session");
    const versions = {
      ...countingVersions(3),
      "20240101000009.index.sh": `-- $parallelism_global = 1
        CREATE INDEX CONCURRENTLY applied_version ON applied(version);`,
    };
    const folder = await migrationFolder(versions);
    const runs = [bouncers, nodes, bouncers].map((given) =>
      apply({ ...options(given, folder), waitMs: "unlimited" }),
    );
    const reports = await Promise.all(runs.map(({ result }) => result));
    expect(reports.map(({ outcome }) => outcome).sort()).toEqual([
      "done",
      "nothing-to-do",
      "nothing-to-do",
    ]);
    for (const database of nodes) {
      const [count] = await database.query("SELECT count(*)::int FROM sh0003.applied");
      expect(count).toEqual({ count: 3 });
    }
  });

  it("is cancelled on the server in session mode, too", async () => {
    const { nodes, bouncers } = await poolers("session");
    const folder = await migrationFolder({ "20240101000000.sleep.sh": "SELECT pg_sleep(600);" });
    const controller = new AbortController();
    const run = apply({ ...options(bouncers, folder), signal: controller.signal });
    for await (const { type } of run) {
      if (type === "step:start") {
        controller.abort();
      }
    }
    expect((await run.result).outcome).toBe("interrupted");
    const sleeping =
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query ~ 'pg_sleep.600'";
    expect(await nodes[0]?.query(`${sleeping} AND pid <> pg_backend_pid()`)).toEqual([]);
  });

  it("is refused in transaction mode, for all nodes at once, with nothing changed", async () => {
    const { nodes, bouncers } = await poolers("transaction");
    const folder = await migrationFolder({
      ...countingVersions(1),
      "before.sql": "CREATE TABLE public.before();",
    });
    const refused = {
      code: "POOLER_REFUSED",
      hint: expect.stringContaining("the setting `allowPooler`"),
      problems: bouncers.map(({ port }) => ({ message: expect.stringContaining(String(port)) })),
    };
    await expect(apply(options(bouncers, folder)).result).rejects.toMatchObject(refused);
    await expect(dryRun(options(bouncers, folder))).rejects.toMatchObject(refused);
    for (const database of nodes) {
      const [made] = await database.query(
        "SELECT to_regclass('public.before') AS hook, to_regproc('public.mig_rerun_fingerprint_const') AS mark",
      );
      expect(made).toEqual({ hook: null, mark: null });
    }
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    // Where there is nothing to do, the pooler does not matter.
    expect((await dryRun(options(bouncers, folder))).chains).toEqual([]);
    expect((await apply(options(bouncers, folder)).result).outcome).toBe("nothing-to-do");
  });

  it("is refused in statement mode by name, whatever is allowed, with nothing changed", async () => {
    const { nodes, bouncers } = await poolers("statement");
    const folder = await migrationFolder(countingVersions(1));
    for (const allowPooler of [false, true]) {
      const error = await apply({ ...options(bouncers, folder), allowPooler }).result.catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({
        code: "POOLER_REFUSED",
        hint: "Connect to PostgreSQL itself, or to a pool in session mode.",
        problems: bouncers.map(({ port }) => ({
          message: expect.stringMatching(`${port} .* in statement mode`),
        })),
      });
    }
    for (const database of nodes) {
      const [made] = await database.query(
        "SELECT to_regproc('public.mig_rerun_fingerprint_const') AS mark",
      );
      expect(made).toEqual({ mark: null });
    }
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    expect((await apply(options(bouncers, folder)).result).outcome).toBe("nothing-to-do");
  });

  it("applies nothing twice in transaction mode without the lock, when five run at once", async () => {
    const { nodes, bouncers } = await poolers("transaction");
    const versions = countingVersions(5);
    const folder = await migrationFolder(versions);
    const given = { ...options(bouncers, folder), allowPooler: true };
    const reports = await Promise.all(Array.from({ length: 5 }, () => apply(given).result));
    expect(reports.flatMap(({ failed, abandoned }) => [...failed, ...abandoned])).toEqual([]);
    await expectAllApplied(nodes, Object.keys(versions));
    const events = await collect(apply({ ...given, force: true }));
    expect(events.filter(({ type }) => type === "step:start")).toEqual([]);
  });

  it("says that it takes no lock in transaction mode, and takes none", async () => {
    const { nodes, bouncers } = await poolers("transaction");
    const folder = await migrationFolder(countingVersions(1));
    const events: RunEvent[] = [];
    for await (const event of apply({ ...options(bouncers, folder), allowPooler: true })) {
      events.push(event);
      if (event.type === "step:start") {
        expect(await nodes[0]?.query(runLocks)).toEqual([]);
      }
    }
    expect(events[0]).toEqual({
      type: "note",
      message: expect.stringMatching(/A pooler shares the connections of .*: no run lock/),
    });
  });

  it("refuses what no transaction guards in transaction mode, before anything is changed", async () => {
    const { nodes, bouncers } = await poolers("transaction");
    const folder = await migrationFolder({
      ...countingVersions(1),
      "20240101000009.index.sh": `-- $parallelism_global = 1
        CREATE INDEX CONCURRENTLY applied_version ON applied(version);`,
    });
    const given = { ...options(bouncers, folder), allowPooler: true };
    const refused = {
      code: "POOLER_REFUSED",
      problems: bouncers.map(({ port }) => ({
        message: expect.stringMatching(RegExp(`20240101000009\\.index\\.sh on .*${port}`)),
      })),
    };
    await expect(apply(given).result).rejects.toMatchObject(refused);
    await expect(dryRun(given)).rejects.toMatchObject(refused);
    expect(await nodes[0]?.query("SELECT version FROM sh0001.applied")).toEqual([]);
  });

  it("leaves nothing of a version on a shared server process, done or failed", async () => {
    // One process for all transactions: what one leaves, the next one meets.
    const { bouncers } = await poolers("transaction", { default_pool_size: "1" });
    const leaks = `
      SET my.setting = 'leaked'; SET statement_timeout = '1h'; CREATE TEMP TABLE leaked(id int);
      PREPARE leaked AS SELECT 1; LISTEN leaked; SELECT pg_advisory_lock(4711);
      DECLARE leaked CURSOR WITH HOLD FOR SELECT 1; SET search_path TO public; SET ROLE pg_monitor;`;
    const check = `
      DO $$ BEGIN
        ASSERT coalesce(current_setting('my.setting', true), '') = '', 'setting';
        ASSERT current_setting('statement_timeout') = '0', 'timeout';
        ASSERT current_user = session_user, 'role';
        ASSERT to_regclass('pg_temp.leaked') IS NULL, 'temp table';
        ASSERT NOT EXISTS (SELECT FROM pg_prepared_statements), 'prepared statement';
        ASSERT NOT EXISTS (SELECT FROM pg_listening_channels()), 'listen';
        ASSERT NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'leaked'), 'cursor';
        ASSERT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711), 'advisory lock';
        ASSERT current_schemas(false) = ARRAY[current_schema()], 'search_path';
      END $$;`;
    const folder = await migrationFolder({
      "20240101000000.leak.sh": leaks,
      "20240101000001.check.sh": check,
      "20240101000002.fail.sh": `${leaks} SELECT 1 / 0;`,
    });
    const proxies = await Promise.all(bouncers.map((bouncer) => startProxy(bouncer)));
    for (const proxy of proxies) {
      onTestFinished(() => proxy.stop());
    }
    const given = { ...options(proxies, folder), allowPooler: true, parallelism: 1 };
    const report = await apply(given).result;
    const failed = report.failed.map(
      ({ version, error }) => `${version}: ${error.server?.message}`,
    );
    expect([...new Set(failed)]).toEqual(["20240101000002.fail.sh: division by zero"]);
    expect(report.done).toBe(2 * 2 * shardNames.length);
    // Nothing is set for a session, whose process is somebody else's.
    const messages = proxies.flatMap(({ seen }) =>
      seen.map((sql) => /^\s*(SET \w+|\w+)/.exec(sql)?.[1]),
    );
    expect([...new Set(messages)].sort()).toEqual([
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SELECT",
      "SET LOCAL",
    ]);
    // Whoever is given that process next.
    for (const bouncer of bouncers) {
      const client = new pg.Client({ connectionString: bouncer.url });
      await client.connect();
      onTestFinished(() => client.end());
      await client.query(check.replace(/ASSERT current_schemas.*/, ""));
      const { rows } = await client.query("SHOW search_path");
      expect(rows).toEqual([{ search_path: '"$user", public' }]);
    }
  });
});
