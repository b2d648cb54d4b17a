import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "./run-command.test.support.js";

const V1 = "20240101000000.first.sh";
let cluster: TestCluster;
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  cluster = await startNodes();
}, 60_000);

afterAll(() => cluster.stop());

beforeEach(async () => {
  database = await cluster.node.createDatabase();
  for (const shard of ["sh1", "sh2", "sh3"]) await database.query(`CREATE SCHEMA ${shard}`);
  folder = await mkdtemp(join(tmpdir(), "pg-mig-command-"));
  await mkdir(join(folder, "mig"));
  await writeFile(join(folder, "mig", `${V1}.dn.sql`), "DROP TABLE t;");
  await up("CREATE TABLE t();");
  const { host, port, user, password } = cluster.node;
  const node = { host, port, user, password, database: database.name, labels: { region: "eu" } };
  await writeFile(
    join(folder, "nodes.ts"),
    `const nodes: object[] = [${JSON.stringify(node)}];
     export default () => ({ name: "my nodes", discover: async () => nodes });`,
  );
  return async () => {
    await rm(folder, { recursive: true });
    await database.drop();
  };
});

const up = (sql: string) => writeFile(join(folder, "mig", `${V1}.up.sql`), sql);

const command = (...args: string[]) => runCommand(["--migdir=mig", ...args], { cwd: folder });

async function shardsWithTable(): Promise<string[]> {
  const rows = await database.query(
    "SELECT relnamespace::regnamespace::text AS shard FROM pg_class WHERE relname = 't' ORDER BY 1",
  );
  return rows.map(({ shard }) => shard);
}

describe("pg-mig --discovery", () => {
  it("takes the nodes from a file, instead of the hosts", async () => {
    const { status, stdout, stderr } = await command("--discovery=./nodes.ts");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3"]);
    expect(stdout + stderr).toContain("3 of 3 steps applied");
  });

  it("takes them from the config file, whose paths count from its own folder", async () => {
    await mkdir(join(folder, "below"));
    await writeFile(
      join(folder, "pg-mig.config.mjs"),
      'export default { discovery: "./nodes.ts" };',
    );
    const { status } = await runCommand(["--migdir=../mig"], { cwd: join(folder, "below") });
    expect(status).toBe(0);
    expect(await shardsWithTable()).toHaveLength(3);
  });

  it("names the source that fails, and changes nothing", async () => {
    await writeFile(
      join(folder, "broken.mjs"),
      'export const source = { name: "vault", discover: () => Promise.reject(new Error("sealed")) };',
    );
    const result = await command("--discovery=./nodes.ts", "--discovery=./broken.mjs");
    expect(result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The discovery source "vault" failed: sealed.'),
    });
    expect(await shardsWithTable()).toEqual([]);
  });
});

describe("pg-mig --only", () => {
  it("works on what is chosen, and says that the run is partial", async () => {
    const { status, stdout, stderr } = await command(
      "--discovery=./nodes.ts",
      "--only=region=eu,shard=sh1",
      "--only=shard=*3",
    );
    expect(status).toBe(0);
    expect(await shardsWithTable()).toEqual(["sh1", "sh3"]);
    expect(stdout + stderr).toContain("This was a partial run: no digest is saved.");
    await expect(database.query("SELECT public.mig_digest_const()")).rejects.toThrow("not exist");
  });

  it("tries again what the report names as failed, and nothing else", async () => {
    await up("CREATE TABLE t(); SELECT 1 / (current_schema = 'sh1')::int;");
    const options = ["--discovery=./nodes.ts", "--report=last.json"];
    expect(await command(...options)).toMatchObject({ status: 1 });
    const report = JSON.parse(await readFile(join(folder, "last.json"), "utf8"));
    expect(report).toMatchObject({ outcome: "failed", done: 1 });

    await up("CREATE TABLE t();");
    await database.query("CREATE SCHEMA sh4");
    expect(await command(...options, "--only=failed")).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3"]);
    expect(JSON.parse(await readFile(join(folder, "last.json"), "utf8"))).toMatchObject({
      partial: true,
      planned: 2,
      failed: [],
    });
    expect(await command("--discovery=./nodes.ts")).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3", "sh4"]);
  });

  it.each([
    ["no report", ["--only=failed"], "--only=failed needs the report of the last run."],
    [
      "a report that is not there",
      ["--only=failed", "--report=gone.json"],
      "gone.json cannot be read",
    ],
    ["a report that is none", ["--only=failed", "--report=nodes.ts"], "nodes.ts cannot be read"],
    ["no condition", ["--only=eu"], '"eu" does not say what to work on'],
    ["what nothing fits", ["--only=region=us"], "No node of the one node is chosen"],
  ])("is refused with %s", async (_, args, words) => {
    const result = await command("--discovery=./nodes.ts", ...args);
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(words) });
    expect(await shardsWithTable()).toEqual([]);
  });
});
