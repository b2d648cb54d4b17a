import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { cluster, scenario } = scenarios({ nodes: 1 });
const first = "20240101000000.first.sh";
const bySource = "--discovery=./nodes.ts";

interface Place {
  readonly process?: "this" | "own";
  readonly cwd?: string;
}

/** Three shards, on a node that a file names, in the region eu; PGHOST names none. */
async function prepare(sql = "CREATE TABLE t();") {
  const prepared = await scenario({ shards: ["sh1", "sh2", "sh3"] });
  await prepared.migrations({ [first]: sql });
  const { host, port, user, password } = cluster().node;
  const database = prepared.database.name;
  const node = { host, port, user, password, database, labels: { region: "eu" } };
  await prepared.write(
    "nodes.ts",
    `const nodes: object[] = [${JSON.stringify(node)}];
     export default () => ({ name: "my nodes", discover: async () => nodes });`,
  );
  await prepared.write("none.json", "{}");
  return {
    ...prepared,
    pgMig: (args: readonly string[], { process = "this", cwd = "." }: Place = {}) =>
      prepared.pgMig(args, { cwd, process, env: { PGHOST: undefined } }),
    shardsWithTable: () => shardsWithTable(prepared),
    readReport: async () => JSON.parse(await readFile(join(prepared.folder, "last.json"), "utf8")),
  };
}

function shardsWithTable({ column }: Scenario) {
  return column(
    "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 't' ORDER BY 1",
  );
}

describe("pg-mig --discovery", () => {
  it("takes the nodes from a file, instead of the hosts", async () => {
    const { pgMig, shardsWithTable } = await prepare();
    const { status, stdout, stderr } = await pgMig([bySource], { process: "own" });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3"]);
    expect(stdout + stderr).toContain("3 of 3 steps applied");
  });

  it("is stood for by a config file, whose paths count from its own folder", async () => {
    const { pgMig, shardsWithTable, write } = await prepare();
    await write("pg-mig.config.mjs", 'export default { discovery: "./nodes.ts" };');
    await write("below/nothing.txt", "");
    expect(await pgMig([], { process: "own", cwd: "below" })).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toHaveLength(3);
  });

  it("names the source that fails, and changes nothing", async () => {
    const { pgMig, shardsWithTable, write } = await prepare();
    await write(
      "broken.mjs",
      'export const source = { name: "vault", discover: () => Promise.reject(new Error("sealed")) };',
    );
    expect(await pgMig([bySource, "--discovery=./broken.mjs"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The discovery source "vault" failed: sealed.'),
    });
    expect(await shardsWithTable()).toEqual([]);
  });

  it("is refused beside --hosts", async () => {
    const { pgMig, shardsWithTable } = await prepare();
    expect(await pgMig([bySource, "--hosts=127.0.0.1"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("--hosts and --discovery exclude each other"),
    });
    expect(await shardsWithTable()).toEqual([]);
  });
});

describe("pg-mig --only", () => {
  it("works on what is chosen, and says that the run is partial", async () => {
    const { pgMig, shardsWithTable, column } = await prepare();
    const chosen = ["--only=region=eu,shard=sh1", "--only=shard=*3"];
    const { status, stdout, stderr } = await pgMig([bySource, ...chosen]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh3"]);
    expect(stdout + stderr).toContain("This was a partial run: no digest is saved.");
    expect((await pgMig([bySource, ...chosen])).stdout).toContain(
      "Nothing to do in this partial run.",
    );
    expect(await column("SELECT to_regproc('public.mig_digest_const')::text")).toEqual([null]);
  });

  it("limits a dry run and the status, too", async () => {
    const { pgMig } = await prepare();
    const dry = await pgMig([bySource, "--only=shard=sh2", "--dry"]);
    expect(dry.stdout).toContain("Would apply 1 step on 1 shard");
    const status = await pgMig([bySource, "--only=shard=sh2", "status"]);
    expect(status.stdout).toContain("1 step pending on 1 shard.");
  });

  it("tries again what the report names as failed, and nothing else", async () => {
    const { pgMig, shardsWithTable, readReport, migrations, database } = await prepare(
      "CREATE TABLE t(); SELECT 1 / (current_schema = 'sh1')::int;",
    );
    expect(await pgMig([bySource, "--report=last.json"])).toMatchObject({ status: 1 });
    expect(await readReport()).toMatchObject({ outcome: "failed", done: 1 });

    await migrations({ [first]: "CREATE TABLE t();" });
    await database.query("CREATE SCHEMA sh4");
    const again = await pgMig([bySource, "--report=last.json", "--only=failed"]);
    expect(again).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3"]);
    expect(await readReport()).toMatchObject({ partial: true, planned: 2, failed: [] });

    expect(await pgMig([bySource])).toMatchObject({ status: 0 });
    expect(await shardsWithTable()).toEqual(["sh1", "sh2", "sh3", "sh4"]);
  });

  it.each([
    ["no report", ["--only=failed"], "--only=failed needs the report of the last run."],
    ["a report that is not there", ["--only=failed", "--report=gone.json"], "cannot be read"],
    ["a report that is none", ["--only=failed", "--report=none.json"], "cannot be read"],
    ["no condition", ["--only=eu"], '"eu" does not say what to work on'],
    ["a mistyped word", ["--only=faild"], 'Did you mean "failed"?'],
    ["a mistyped label", ["--only=regoin=eu"], "Did you mean region? Correct --only"],
    ["a mistyped value", ["--only=region=ue"], "Did you mean region=eu? Correct --only"],
    ["what nothing fits", ["--only=region=us"], "No node of the one node is chosen"],
  ])("is refused with %s", async (_, args, words) => {
    const { pgMig, shardsWithTable } = await prepare();
    expect(await pgMig([bySource, ...args])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(words),
    });
    expect(await shardsWithTable()).toEqual([]);
  });
});
