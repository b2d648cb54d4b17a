import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNodeLedger, takeShardSql } from "@pg-mig/ledger";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure } from "../measure.js";
import { newTable } from "../works/versions.js";
import { pgMigFile } from "./pg-mig.js";
import { nodeUrl } from "./psql.js";

let cluster: TestCluster;
let folder: string;

beforeAll(async () => {
  cluster = await startNodes();
  folder = await mkdtemp(join(tmpdir(), "pg-mig-bench-"));
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** Runs the plain client on two shards of a database. */
async function runPlain(
  database: TestDatabase,
  sql = [newTable(0).sql, newTable(1).sql],
  ...args: readonly string[]
) {
  const { host, port, user, password, name } = database;
  const job = {
    nodes: [{ host, port, user, password, database: name }],
    shards: ["sh0000", "sh0001"],
    versions: sql.map((text, n) => ({
      name: `2026010100000${n}.version-${n}.sh`,
      sql: text,
      leaves: "traces",
    })),
    parallelism: 1,
  };
  const jobFile = join(folder, "job.json");
  await writeFile(jobFile, JSON.stringify(job));
  for (const version of job.versions) {
    await writeFile(join(folder, `${version.name}.up.sql`), version.sql);
    await writeFile(join(folder, `${version.name}.dn.sql`), "");
  }
  const program = new URL("../../dist/contenders/plain-client.js", import.meta.url).pathname;
  await measure({ command: process.execPath, args: [program, jobFile, ...args] });
}

async function newDatabase(): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  await database.query("CREATE SCHEMA sh0000; CREATE SCHEMA sh0001");
  return database;
}

async function ledgersOf(database: TestDatabase) {
  const client = await database.connect();
  const { shards } = await readNodeLedger(client);
  await client.end();
  return shards.filter(({ shard }) => shard !== "public");
}

describe("the plain client", () => {
  it("leaves ledgers with which pg-mig has nothing to do", async () => {
    const database = await newDatabase();
    await runPlain(database);
    const names = (await ledgersOf(database)).map(({ entries }) =>
      entries.map(({ version, checksum, appliedAt }) => [
        version,
        checksum?.length,
        appliedAt?.length,
      ]),
    );
    const expected = [0, 1].map((n) => [`2026010100000${n}.version-${n}.sh`, 16, 20]);
    expect(names).toEqual([expected, expected]);
    const hosts = nodeUrl({ ...database, database: database.name });
    const steps: string[] = [];
    await measure({
      command: process.execPath,
      args: [pgMigFile, "--skip-config", `--migdir=${folder}`, `--hosts=${hosts}`],
      isDone: (line) => steps.push(line) > 0,
    });
    expect(steps).toContain("Nothing to do.");
  });

  it.each([[[]], [["ahead"]]])("goes on after what is applied, with %j", async (args) => {
    const database = await newDatabase();
    await runPlain(database, [newTable(0).sql], ...args);
    await runPlain(database, undefined, ...args);
    const ledgers = await ledgersOf(database);
    expect(ledgers.map(({ entries }) => entries.length)).toEqual([2, 2]);
  });

  it("applies nothing to a shard that another run has taken", async () => {
    const database = await newDatabase();
    const other = await database.connect();
    const [, taken] = await ledgersOf(database);
    if (taken === undefined) {
      throw new Error("no shard");
    }
    await other.query(`BEGIN; ${takeShardSql(taken)[0]}`);
    await expect(runPlain(database)).rejects.toThrow("another run has taken the shard");
    await other.end();
    const ledgers = await ledgersOf(database);
    expect(ledgers.map(({ entries }) => entries.length)).toEqual([2, 0]);
  });

  it("stops when the ledger changed since it was read", async () => {
    const database = await newDatabase();
    // The first version on the first shard changes the ledger of the second, as another run might.
    const meddling =
      "CREATE OR REPLACE FUNCTION sh0001.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '[]' $$;\n";
    await expect(runPlain(database, [meddling])).rejects.toThrow("the ledger has changed");
  });

  it("drops what a version leaves in its session", async () => {
    const database = await newDatabase();
    const leaving = "CREATE TEMPORARY TABLE left_behind (id int); SET work_mem TO '77MB';\n";
    // The second version fails if the first left anything.
    await runPlain(database, [
      `${leaving}DO $$BEGIN ASSERT current_setting('work_mem') = '77MB'; END$$;\n`,
      `DO $$BEGIN ASSERT current_setting('work_mem') <> '77MB' AND to_regclass('left_behind') IS NULL; END$$;\n`,
    ]);
    expect(await ledgersOf(database)).toHaveLength(2);
  });
});
