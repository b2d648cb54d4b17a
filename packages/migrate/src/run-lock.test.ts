import { renderRunName, tryRunLockSql } from "@pg-mig/ledger";
import type { Report, RunEvent } from "@pg-mig/report";
import type { TestDatabase } from "@pg-mig/testkit";
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  countingVersions,
  expectAllApplied,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { dryRun } from "./dry-run.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";
import { status } from "./status.js";

const { databases } = shardedCluster({ nodes: 3 });

/** A run's end, whichever it is. */
async function outcomeOf(run: { readonly result: Promise<Report> }): Promise<string> {
  return run.result.then(
    ({ outcome }) => outcome,
    (error) => error.code,
  );
}

const lockBackends =
  "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted " +
  "AND classid = 1885826408 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

async function lockHolder(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ pid: number }>(lockBackends);
  if (row === undefined) {
    throw new Error("Nobody has the run lock.");
  }
  return row.pid;
}

/** Takes the run lock of a database as another run would, as soon as it is free. */
async function takeAsAnother(database: TestDatabase): Promise<pg.Client> {
  const client = await database.connect();
  onTestFinished(() => client.end());
  const run = { action: "undo", since: new Date(1_700_000_000_000), pid: 99, host: "elsewhere" };
  await client.query(`SET application_name TO '${renderRunName(run)}'`);
  while (!(await client.query(tryRunLockSql)).rows[0]?.taken) {}
  return client;
}

/** A version that does not end before {@link release}. */
const held = "20240101000000.held.sh";
const heldVersions = (later: number) => ({
  [held]: `DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM public.go) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
    INSERT INTO applied VALUES ('${held}');`,
  ...Object.fromEntries(
    Object.entries(countingVersions(later)).map(([name, sql]) => [
      name.replace("0101", "0202"),
      sql.replace("0101", "0202"),
    ]),
  ),
});

async function release(nodes: readonly TestDatabase[]): Promise<void> {
  for (const database of nodes) {
    await database.query("INSERT INTO go VALUES (1)");
  }
}

/** A run that is in the middle of its first version on every node; `finish` lets it go on. */
async function heldRun(nodes: readonly TestDatabase[], given: Partial<ApplyOptions> = {}) {
  for (const database of nodes) {
    await database.query("CREATE TABLE public.go(n int)");
  }
  const versions = heldVersions(2);
  const folder = await migrationFolder(versions);
  const run = apply({ ...options(nodes, folder), parallelism: 1, ...given });
  const events: RunEvent[] = [];
  let started = 0;
  await new Promise<void>((resolve, reject) => {
    const ended = (async () => {
      for await (const event of run) {
        events.push(event);
        if (event.type === "step:start" && ++started === nodes.length) {
          resolve();
        }
      }
    })();
    ended.then(resolve, reject);
  });
  return { folder, events, versions: Object.keys(versions), result: run.result };
}

function notes(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === "note" ? [event.message] : []));
}

describe("runs that start at once", () => {
  it.each([2, 5])("let one of %i work, whatever order their nodes are given in", async (count) => {
    for (let time = 0; time < 3; time++) {
      const nodes = await databases();
      const versions = countingVersions(2);
      const folder = await migrationFolder(versions);
      const orders = [nodes, nodes.toReversed(), [...nodes.slice(1), ...nodes.slice(0, 1)]];
      const works: number[] = [];
      const outcomes = await Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const run = apply(options(orders[i % orders.length] ?? nodes, folder));
          const outcome = outcomeOf(run);
          try {
            for await (const { type } of run) {
              if (type.startsWith("step:")) {
                works.push(i);
              }
            }
          } catch {
            // It is the outcome, too.
          }
          return outcome;
        }),
      );
      expect(outcomes).toContain("done");
      expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(new Set(works).size);
      for (const outcome of outcomes) {
        expect(["done", "nothing-to-do", "RUN_LOCKED"]).toContain(outcome);
      }
      const turns = works.filter((run, i) => run !== works[i - 1]);
      expect(turns, "no run works between two steps of another").toHaveLength(new Set(works).size);
      await expectAllApplied(nodes, Object.keys(versions));
    }
  });

  it("all come through, one after the other, if they wait", async () => {
    const nodes = await databases();
    const versions = countingVersions(6);
    const folder = await migrationFolder(versions);
    const runs = Array.from({ length: 5 }, () =>
      apply({ ...options(nodes, folder), waitMs: "unlimited" }),
    );
    const reports = await Promise.all(runs.map(({ result }) => result));
    await expectAllApplied(nodes, Object.keys(versions));
    expect(reports.map(({ outcome }) => outcome).sort()).toEqual([
      "done",
      ...Array.from({ length: 4 }, () => "nothing-to-do"),
    ]);
  });

  it("let at least one work that has only some nodes in common with each other", async () => {
    for (let time = 0; time < 3; time++) {
      const nodes = await databases();
      const folder = await migrationFolder(countingVersions(1));
      const pairs = nodes.map((_, i) => nodes.filter((__, j) => i !== j));
      const outcomes = await Promise.all(
        pairs.map((pair) => outcomeOf(apply(options(pair, folder)))),
      );
      expect(outcomes).toContain("done");
    }
  });
});

describe("a run that meets another one", () => {
  it("fails at once, and says who it is and how to end what it may have left", async () => {
    const nodes = (await databases()).slice(0, 1);
    const first = await heldRun(nodes);
    const error = await apply(options(nodes, first.folder)).result.catch((reason) => reason);
    expect(error).toMatchObject({ code: "RUN_LOCKED", where: { node: "127.0.0.1" } });
    const pid = process.pid;
    expect(error.message).toMatch(
      RegExp(`^Another run works on 127.0.0.1: pg-mig apply on .+, pid ${pid}, since 20.+Z\\.$`),
    );
    const serverPid = await lockHolder(nodes[0] as TestDatabase);
    expect(error.hint).toContain(`SELECT pg_terminate_backend(${serverPid});`);
    await release(nodes);
    expect((await first.result).outcome).toBe("done");
    await expectAllApplied(nodes, first.versions);
  });

  it("may wait for it, tells for whom once, and then finds what is left to do", async () => {
    const nodes = (await databases()).slice(0, 2);
    const first = await heldRun(nodes);
    const second = apply({ ...options(nodes, first.folder), waitMs: "unlimited" });
    const events: RunEvent[] = [];
    for await (const event of second) {
      events.push(event);
      if (event.type === "note") {
        await release(nodes);
      }
    }
    expect(notes(events)).toEqual([
      expect.stringMatching(
        /^Waiting for another run on 127.*: pg-mig apply on .+, pid \d+, since/,
      ),
    ]);
    expect((await second.result).outcome).toBe("nothing-to-do");
    expect((await first.result).outcome).toBe("done");
  });

  it("waits no longer than it may, nor after it is aborted", async () => {
    const nodes = (await databases()).slice(0, 1);
    await takeAsAnother(nodes[0] as TestDatabase);
    const folder = await migrationFolder(countingVersions(1));
    const late = apply({ ...options(nodes, folder), waitMs: 700 });
    await expect(late.result).rejects.toMatchObject({
      code: "RUN_LOCKED",
      message: expect.stringContaining(
        "pg-mig undo on elsewhere, pid 99, since 2023-11-14T22:13:20Z",
      ),
    });
    const controller = new AbortController();
    const waiting = apply({
      ...options(nodes, folder),
      waitMs: "unlimited",
      signal: controller.signal,
    });
    await expect(
      (async () => {
        for await (const { type } of waiting) {
          if (type === "note") {
            controller.abort();
          }
        }
      })(),
    ).rejects.toMatchObject({ name: "AbortError" });
  });

  it("holds nothing back that a concurrent index build would wait for, while it waits", async () => {
    const nodes = (await databases()).slice(0, 1);
    const [database] = nodes as [TestDatabase];
    await takeAsAnother(database);
    const folder = await migrationFolder(countingVersions(1));
    const controller = new AbortController();
    const waiting = apply({
      ...options(nodes, folder),
      waitMs: "unlimited",
      signal: controller.signal,
    });
    for await (const { type } of waiting) {
      if (type === "note") {
        break;
      }
    }
    const [open] = await database.query(
      "SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'pg-mig apply%' AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)",
    );
    expect(open).toEqual({ count: 0 });
    await database.query("CREATE INDEX CONCURRENTLY ON sh0001.applied(version)");
    controller.abort();
    await expect(waiting.result).rejects.toThrow();
  });

  it("needs no lock to read, nor where there is nothing to do", async () => {
    const nodes = await databases();
    const folder = await migrationFolder(countingVersions(1));
    expect((await apply(options(nodes, folder)).result).outcome).toBe("done");
    for (const database of nodes) {
      await takeAsAnother(database);
    }
    expect((await apply(options(nodes, folder)).result).outcome).toBe("nothing-to-do");
    expect((await dryRun(options(nodes, folder))).chains).toEqual([]);
    expect((await status(options(nodes, folder))).nodes).toHaveLength(3);
  });

  it("leaves the nodes alone that it has nothing to do with", async () => {
    const nodes = await databases();
    const folder = await migrationFolder(countingVersions(1));
    await takeAsAnother(nodes[2] as TestDatabase);
    const report = await apply(options(nodes.slice(0, 2), folder)).result;
    expect(report).toMatchObject({ outcome: "done", done: 2 * shardNames.length });
  });
});

describe("a run that loses its lock", () => {
  it("takes it again before it starts more", async () => {
    const nodes = await databases();
    const run = await heldRun(nodes);
    const [database] = nodes as [TestDatabase];
    const before = await lockHolder(database);
    await database.query(`SELECT pg_terminate_backend(${before})`);
    await release(nodes);
    expect((await run.result).outcome).toBe("done");
    expect(notes(run.events)).toEqual([
      expect.stringMatching(/^The run lock of 127.* was lost .* and is taken again\.$/),
    ]);
    await expectAllApplied(nodes, run.versions);
  });

  it("starts no more where another run has it by now, says so, and finishes elsewhere", async () => {
    const nodes = await databases();
    const run = await heldRun(nodes);
    const [database, ...others] = nodes as [TestDatabase, ...TestDatabase[]];
    await database.query(`SELECT pg_terminate_backend(${await lockHolder(database)})`);
    const thief = await takeAsAnother(database);
    await release(nodes);
    const report = await run.result;
    expect(report).toMatchObject({ outcome: "failed", failed: [], inDoubt: [] });
    const lost = run.events.filter(({ type }) => type === "node:lost");
    const message = expect.stringMatching(/^Another run works on 127.*: pg-mig undo on elsewhere/);
    expect(lost).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: "RUN_LOCKED", message }) }),
    ]);
    expect(report.done).toBe(others.length * shardNames.length * run.versions.length + 1);
    expect(report.notAttempted).toBe(shardNames.length * run.versions.length - 1);
    await expectAllApplied(others, run.versions);
    await thief.end();
    const next = await apply(options(nodes, run.folder)).result;
    expect(next.outcome).toBe("done");
    await expectAllApplied(nodes, run.versions);
  });

  it("gives it back at its end, also when it failed or was aborted", async () => {
    const nodes = (await databases()).slice(0, 1);
    const [database] = nodes as [TestDatabase];
    const controller = new AbortController();
    const run = await heldRun(nodes, { signal: controller.signal });
    controller.abort();
    expect((await run.result).outcome).toBe("interrupted");
    expect(await database.query(lockBackends)).toEqual([]);
    const folder = await migrationFolder({ "20240101000000.bad.sh": "SELECT 1 / 0;" });
    expect((await apply(options(nodes, folder)).result).outcome).toBe("failed");
    expect(await database.query(lockBackends)).toEqual([]);
  });
});
