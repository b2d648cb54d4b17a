import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "@pg-mig/report";
import type { TestDatabase } from "@pg-mig/testkit";
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  countingVersions,
  expectAllApplied,
  ledgerOf,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { addMigrations, migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";

const { databases } = shardedCluster({ nodes: 2 });

/** What pg-mig 2.x does on a node before it runs the first file, in a session of psql as any other. */
async function beginAs2x(database: TestDatabase, name = "psql"): Promise<void> {
  const client = await as2x(database, name);
  await client.query(
    "CREATE OR REPLACE FUNCTION public.mig_rerun_fingerprint_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT ''; $$",
  );
  await client.end();
}

async function as2x(database: TestDatabase, name = "psql"): Promise<pg.Client> {
  const client = await database.connect();
  await client.query(`SET application_name TO '${name}'`);
  return client;
}

/** A session of 2.x in the middle of a file. */
async function midFile(database: TestDatabase): Promise<pg.Client> {
  const client = await as2x(database);
  onTestFinished(() => client.end().catch(() => {}));
  await client.query("BEGIN");
  await client.query("SET search_path TO sh0001");
  await client.query("CREATE TABLE of_2x(id int)");
  return client;
}

async function endOf(
  nodes: readonly TestDatabase[],
  folder: string,
  given: Partial<ApplyOptions> = {},
) {
  const run = apply({ ...options(nodes, folder), ...given });
  const events: RunEvent[] = [];
  try {
    for await (const event of run) {
      events.push(event);
    }
    const report = await run.result;
    return { report, events, notes: notesOf(events) };
  } catch (error) {
    return {
      error: error as Error & { code: string; hint: string },
      events,
      notes: notesOf(events),
    };
  }
}

function notesOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === "note" ? [event.message] : []));
}

describe("a run of 2.x that is at work", () => {
  it("keeps ours from starting, names its session, and changes nothing", async () => {
    const nodes = await databases();
    for (const database of nodes) {
      await beginAs2x(database);
    }
    await midFile(nodes[1] as TestDatabase);
    const folder = await migrationFolder(countingVersions(1));
    const { error } = await endOf(nodes, folder);
    expect(error).toMatchObject({
      code: "BESIDE_2X",
      message: expect.stringMatching(
        /^pg-mig 2\.x seems to be at work on .*: user postgres, server process \d+.*: CREATE TABLE of_2x\(id int\)\.$/,
      ),
      hint: expect.stringContaining("beside2x"),
    });
    for (const database of nodes) {
      const [row] = await database.query(
        "SELECT count(*)::int AS n FROM pg_proc WHERE proname IN ('mig_versions_const', 'mig_digest_const')",
      );
      expect(row?.n).toBe(0);
    }
  });

  it("does not matter to a run that is told so", async () => {
    const nodes = await databases();
    await beginAs2x(nodes[0] as TestDatabase);
    const session = await midFile(nodes[0] as TestDatabase);
    const versions = countingVersions(1);
    const { report } = await endOf(nodes, await migrationFolder(versions), { beside2x: true });
    expect(report?.outcome).toBe("done");
    await session.query("ROLLBACK");
    await expectAllApplied(nodes, Object.keys(versions));
  });

  it("is known by what it does, too, if psql has another name", async () => {
    const nodes = await databases();
    const [first] = nodes as [TestDatabase, TestDatabase];
    await beginAs2x(first, "deploy");
    const session = await as2x(first, "deploy");
    onTestFinished(() => session.end());
    await session.query("BEGIN");
    await session.query(
      "CREATE FUNCTION sh0001.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '[]'; $$",
    );
    expect((await endOf(nodes, await migrationFolder(countingVersions(1)))).error?.code).toBe(
      "BESIDE_2X",
    );
  });

  it("is taken to be at work if the role does not see what psql does, and the hint says why", async () => {
    const nodes = await databases();
    const [first] = nodes as [TestDatabase, TestDatabase];
    const role = `plain_${Math.random().toString(36).slice(2)}`;
    for (const database of nodes) {
      await database.query(
        `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO ${role}`,
      );
      for (const shard of shardNames) {
        await database.query(
          `ALTER SCHEMA ${shard} OWNER TO ${role}; ALTER TABLE ${shard}.applied OWNER TO ${role}`,
        );
      }
    }
    await beginAs2x(first);
    await midFile(first);
    const urls = nodes.map(({ url }) => ({ url: url.replace(/\/\/[^@/]*@/, `//${role}:secret@`) }));
    const run = apply(options(urls, await migrationFolder(countingVersions(1))));
    await expect(run.result).rejects.toMatchObject({
      code: "BESIDE_2X",
      hint: expect.stringContaining("GRANT pg_read_all_stats"),
    });
  });
});

describe("a run of 2.x that is not at work", () => {
  it("is told of if it did not finish, and is no reason to stop", async () => {
    const nodes = await databases();
    await beginAs2x(nodes[0] as TestDatabase);
    const idle = await as2x(nodes[0] as TestDatabase);
    onTestFinished(() => idle.end());
    // A session that has just begun may be one of 2.x.
    await sleep(2100);
    const versions = countingVersions(1);
    const folder = await migrationFolder(versions);
    const { report, notes } = await endOf(nodes, folder);
    expect(report?.outcome).toBe("done");
    expect(notes).toContainEqual(
      expect.stringMatching(/^The last run of pg-mig 2\.x did not finish on /),
    );
    await expectAllApplied(nodes, Object.keys(versions));
  });

  it("is not looked for after a run of ours, whatever psql does", async () => {
    const nodes = await databases();
    await midFile(nodes[0] as TestDatabase).then((client) => client.query("ROLLBACK"));
    const folder = await migrationFolder({
      ...countingVersions(1),
      "20240102000000.fails.sh": "SELECT 1/0;",
    });
    expect((await endOf(nodes, folder)).report?.outcome).toBe("failed");
    const session = await midFile(nodes[0] as TestDatabase);
    await addMigrations(folder, { "20240102000000.fails.sh": "SELECT 1;" });
    const { report, notes } = await endOf(nodes, folder);
    expect(report?.outcome).toBe("done");
    expect(notes).toEqual([]);
    await session.query("ROLLBACK");
  });
});

describe("a run of 2.x that begins meanwhile", () => {
  it("ends ours: what runs is rolled back, nothing new starts, and the report says why", async () => {
    const nodes = await databases();
    const versions = {
      "20240101000000.first.sh": "INSERT INTO applied VALUES ('20240101000000.first.sh');",
      "20240102000000.held.sh": "SELECT pg_sleep(600);",
    };
    const folder = await migrationFolder(versions);
    const run = apply({ ...options(nodes, folder), parallelism: 1 });
    let told = false;
    for await (const event of run) {
      if (event.type === "step:start" && event.version.endsWith("held.sh") && !told) {
        told = true;
        await beginAs2x(nodes[0] as TestDatabase);
      }
    }
    const report = await run.result;
    expect(report).toMatchObject({
      outcome: "failed",
      error: {
        code: "BESIDE_2X",
        message: expect.stringMatching(
          /^A run of pg-mig 2\.x began on .* while this one was at work\.$/,
        ),
      },
    });
    expect(report.abandoned.length).toBeGreaterThan(0);
    for (const database of nodes) {
      expect(await ledgerOf(database, "sh0001")).toEqual(["20240101000000.first.sh"]);
    }
  });
});
