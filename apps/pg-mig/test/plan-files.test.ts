import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const shards = ["sh1", "sh2", "sh3"];
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";
const third = "20240103000000.c.sh";
const versions = {
  [first]: "CREATE TABLE t (id int)",
  [second]: "INSERT INTO t VALUES (1)",
};

/** How many rows each shard of each node has; null: the table is not there. */
async function rows({ databases, column }: Scenario): Promise<unknown[]> {
  const counts = databases.flatMap((database) =>
    shards.map(async (shard) => {
      const [table] = await column(`SELECT to_regclass('${shard}.t')`, database);
      return table === null
        ? null
        : (await column(`SELECT count(*)::int FROM ${shard}.t`, database))[0];
    }),
  );
  return Promise.all(counts);
}

const untouched = Array(6).fill(null);
const done = Array(6).fill(1);

async function planned(files: Readonly<Record<string, string>> = versions) {
  const given = await scenario({ shards });
  await given.migrations(files);
  const plan = await given.pgMig(["plan", "--out=release.plan"]);
  expect(plan).toMatchObject({ status: 0 });
  return { ...given, plan, file: join(given.folder, "release.plan") };
}

const applyPlan = ["apply", "--plan=release.plan"];

describe("a plan in a file", () => {
  it("is printed, and written whole, for its owner's eyes, without a password", async () => {
    const { plan, file, databases } = await planned();
    expect(plan.stdout).toContain("Would apply 12 steps on 6 shards:");
    expect(plan.stderr).toContain(
      "The plan is in release.plan. pg-mig apply --plan=release.plan carries it out.",
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    const { password, port } = new URL(databases[0]?.url ?? "");
    expect(text).not.toContain(password);
    expect(text).toContain(port);
    expect(JSON.parse(text)).toMatchObject({
      type: "pg-mig plan",
      format: 1,
      program: expect.stringContaining("pg-mig "),
      partial: false,
      versions: [first, second],
      files: [{ file: `${first}.up.sql` }, { file: `${second}.up.sql` }],
      nodes: [{ systemIdentifier: expect.any(String) }, { systemIdentifier: expect.any(String) }],
      groups: [{ applied: [], pending: [first, second], shards: [{ names: shards }, {}] }],
      statistics: { steps: 12, shards: 6, byVersion: [{ version: first, shards: 6 }, {}] },
    });
  });

  it("is carried out, and then there is nothing to do, on any day", async () => {
    const given = await planned();
    const applied = await given.pgMig(applyPlan);
    expect(applied).toMatchObject({ status: 0 });
    expect(applied.stdout).toContain("12 of 12 steps applied");
    expect(await rows(given)).toEqual(done);
    const again = await given.pgMig(applyPlan);
    expect(again.stderr).toContain("with 12 steps, all done already.");
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do.") });
    // The digest says it, too: a run has nothing left.
    expect((await given.pgMig(["status", "--check"])).status).toBe(0);
    expect((await given.pgMig(["plan", "--check"])).status).toBe(0);
  });

  it("is carried out on another machine, with other paths, and finds the nodes by itself", async () => {
    const given = await planned({ ...versions, "before.sql": "SELECT 1" });
    await mkdir(join(given.folder, "elsewhere"));
    await rename(join(given.folder, "mig"), join(given.folder, "elsewhere/files"));
    await rename(given.file, join(given.folder, "elsewhere/other-name"));
    const { username, password } = new URL(given.database.url);
    const env = { PGHOST: undefined, PGMIGDIR: undefined, PGUSER: username, PGPASSWORD: password };
    const { status, stderr } = await given.pgMig(["apply", "--plan=other-name", "--migdir=files"], {
      cwd: "elsewhere",
      env,
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await rows(given)).toEqual(done);
  });

  it("is resumed after a run of it that was not finished", async () => {
    const given = await planned();
    expect((await given.pgMig([...applyPlan, "--only=shard=sh1", "--only=shard=sh3"])).status).toBe(
      0,
    );
    expect(await rows(given)).toEqual([1, null, 1, 1, null, 1]);
    const resumed = await given.pgMig(applyPlan);
    expect(resumed).toMatchObject({ status: 0 });
    expect(resumed.stderr).toContain("with 12 steps, 8 of them done already.");
    expect(await rows(given)).toEqual(done);
  });

  it("leaves alone, and names, versions, shards and nodes that came after it", async () => {
    const given = await scenario({ shards });
    const [one] = given.databases;
    await given.migrations(versions);
    const here = { env: { PGHOST: one?.url } };
    expect((await given.pgMig(["plan", "--out=release.plan"], here)).status).toBe(0);
    await given.migrations({ [third]: "INSERT INTO t VALUES (3)" });
    await one?.query("CREATE SCHEMA sh9");
    const { status, stderr } = await given.pgMig(applyPlan);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain(`Versions that are not in the plan are left alone: ${third}.`);
    expect(stderr).toMatch(/Shards that are not in the plan are left alone: .*:sh9\./);
    expect(stderr).toMatch(/Nodes that are not in the plan are left alone: .+\./);
    expect(await rows(given)).toEqual([1, 1, 1, null, null, null]);
    expect(await given.column("SELECT to_regproc('sh9.mig_versions_const')::text")).toEqual([null]);
    // Not all shards have what the plan has: no digest says so.
    const digest = JSON.parse(
      (await given.pgMig(["status", "--json"], here)).stdout,
    ).databaseDigest;
    expect(digest).toBe("0");
    expect((await given.pgMig()).status).toBe(0);
  });

  it("saves the digest of its versions, not of later ones", async () => {
    const given = await planned();
    await given.migrations({ [third]: "SELECT 1" });
    expect((await given.pgMig(applyPlan)).status).toBe(0);
    const { databaseDigest } = JSON.parse((await given.pgMig(["status", "--json"])).stdout);
    expect(databaseDigest).toMatch(/^20240102000000\./);
    // What came later and is applied everywhere keeps its digest.
    expect((await given.pgMig()).status).toBe(0);
    const again = await given.pgMig(applyPlan);
    expect(again.stderr).toContain("with 12 steps, all done already.");
    expect(again.stdout).toContain("Nothing to do in this partial run.");
    const after = JSON.parse((await given.pgMig(["status", "--json"])).stdout).databaseDigest;
    expect(after).toMatch(/^20240103000000\./);
  });

  it("is looked at by a dry run, and shares its work among parts", async () => {
    const given = await planned();
    const dry = await given.pgMig([...applyPlan, "--dry"]);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining("12 steps on 6") });
    for (const part of [1, 2, 3]) {
      expect((await given.pgMig([...applyPlan, `--part=${part}/3`])).status).toBe(0);
    }
    expect(await rows(given)).toEqual(done);
  });

  it("is carried out in waves", async () => {
    const given = await planned();
    await given.config({ rollout: { waves: [{ name: "canary", take: 1 }] } });
    const canary = await given.pgMig([...applyPlan, "--wave=canary"]);
    expect(canary).toMatchObject({ status: 3 });
    expect((await rows(given)).filter((count) => count === 1)).toHaveLength(1);
    expect((await given.pgMig(applyPlan)).status).toBe(0);
    expect(await rows(given)).toEqual(done);
  });
});

describe("a plan is not carried out, and nothing is changed, if", () => {
  const hooks = { "before.sql": "SELECT 1", "after.sql": "SELECT 2" };

  async function refused(given: Awaited<ReturnType<typeof planned>>, ...expected: string[]) {
    const before = await rows(given);
    const { status, stderr } = await given.pgMig(applyPlan);
    expect({ status, stderr }).toMatchObject({ status: 1 });
    for (const text of ["PLAN_MOVED", ...expected]) {
      expect(stderr).toContain(text);
    }
    expect(await rows(given)).toEqual(before);
    return stderr;
  }

  it("a file was edited, is gone, or came and would run", async () => {
    const given = await planned({ ...versions, "before.sql": "SELECT 1" });
    await given.migrations({ [first]: "CREATE TABLE t (id bigint)" });
    await refused(given, `${first}.up.sql`, "It was edited.");
    await given.migrations(versions);
    await given.migrations({ "before.sql": "SELECT 3" });
    await refused(given, "before.sql: It was edited.");
    await given.migrations({ "before.sql": "SELECT 1", "after.sql": hooks["after.sql"] });
    await refused(given, "after.sql: It came after the plan, and would run.");
    await rm(join(given.folder, "mig/after.sql"));
    await rm(join(given.folder, `mig/${second}.up.sql`));
    await rm(join(given.folder, `mig/${second}.dn.sql`));
    await refused(given, `${second}.up.sql: It is gone.`);
    expect(await rows(given)).toEqual(untouched);
  });

  it("a file that one includes was edited", async () => {
    const given = await scenario({ shards });
    await given.write("mig/lib/part.txt", "INSERT INTO t VALUES (1);");
    await given.migrations({ ...versions, [second]: "\\ir lib/part.txt\n" });
    expect((await given.pgMig(["plan", "--out=release.plan"])).status).toBe(0);
    await given.write("mig/lib/part.txt", "INSERT INTO t VALUES (2);");
    const { status, stderr } = await given.pgMig(applyPlan);
    expect({ status, stderr }).toMatchObject({ status: 1 });
    expect(stderr).toContain("lib/part.txt, which it includes, was edited or is gone.");
    expect(await rows(given)).toEqual(untouched);
  });

  it("ledgers are not what they were: each shard is named", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [first]: versions[first] });
    expect((await given.pgMig()).status).toBe(0);
    await given.migrations(versions);
    expect((await given.pgMig(["plan", "--out=release.plan"])).status).toBe(0);
    expect(
      (await given.pgMig(["undo", first, "--only=shard=sh1", "--only=shard=sh2"])).status,
    ).toBe(0);
    await given.databases[1]?.query("DROP SCHEMA sh3 CASCADE");
    const { status, stderr } = await given.pgMig(applyPlan);
    expect({ status, stderr }).toMatchObject({ status: 1 });
    const [one = "", two = ""] = given.databases.map(({ url }) => new URL(url).port);
    expect(stderr).toContain(`${one}:sh1-2: It had ${first}, which was undone.`);
    expect(stderr).toContain(`${two}:sh1-2: It had ${first}, which was undone.`);
    expect(stderr).toContain(`${two}:sh3: It is gone.`);
    expect(await given.ledger("sh3")).toEqual([first]);
  });

  it("a ledger changes while the run waits for the run lock", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [first]: versions[first], [`${first}.dn.sql`]: "SELECT pg_sleep(3)" });
    expect((await given.pgMig()).status).toBe(0);
    await given.migrations(versions);
    await given.migrations({ [`${first}.dn.sql`]: "SELECT pg_sleep(3); DROP TABLE t" });
    expect((await given.pgMig(["plan", "--out=release.plan"])).status).toBe(0);
    const undo = given.start(["undo", first, "--verbose", "--parallelism=1"]);
    await undo.printed("Undoing 6 steps");
    const run = given.start([...applyPlan, "--wait=2m"]);
    await run.printed("Waiting");
    expect((await undo.result).status).toBe(0);
    const { status, stderr } = await run.result;
    expect({ status, stderr }).toMatchObject({ status: 1 });
    expect(stderr).toContain(`It had ${first}, which was undone.`);
    expect(await rows(given)).toEqual(untouched);
  });

  it("a version that came later belongs before those of the plan", async () => {
    const given = await planned();
    const between = "20240101120000.between.sh";
    await given.migrations({ [between]: "SELECT 1" });
    await refused(given, `${between} came after the plan and belongs before its versions`);
    expect(await rows(given)).toEqual(untouched);
  });

  it("a node is gone, or another database is there", async () => {
    const given = await planned();
    const [one] = given.databases;
    const gone = await given.pgMig(applyPlan, { env: { PGHOST: one?.url } });
    expect(gone).toMatchObject({ status: 1 });
    expect(gone.stderr).toContain("No host leads to it (system identifier ");
    expect(await rows(given)).toEqual(untouched);
  });

  it("the file is no plan, was edited, is not whole, or has another format", async () => {
    const given = await planned();
    const text = await readFile(given.file, "utf8");
    const broken: readonly (readonly [text: string, expected: string])[] = [
      ["", "is no plan of pg-mig."],
      ["{}", "is no plan of pg-mig."],
      [text.slice(0, text.length / 2), "is no plan of pg-mig."],
      [text.replace('"names": [\n      "sh1",', '"names": ['), "was edited, or is not whole."],
      [
        text.replace('"format": 1', '"format": 2'),
        "has the format 2; this release reads format 1.",
      ],
    ];
    for (const [edited, expected] of broken) {
      expect(edited).not.toBe(text);
      await writeFile(given.file, edited);
      const { status, stderr } = await given.pgMig(applyPlan);
      expect({ status, stderr }).toMatchObject({ status: 1 });
      expect(stderr).toContain(expected);
      expect(stderr).toContain("PLAN_FILE_INVALID");
    }
    expect((await given.pgMig(["apply", "--plan=nowhere"])).stderr).toContain("cannot be read");
    expect(await rows(given)).toEqual(untouched);
  });

  it("it is asked for what a plan cannot be", async () => {
    const given = await planned();
    expect((await given.pgMig([...applyPlan, "--force"])).stderr).toContain("goes without --force");
    expect((await given.pgMig(["plan", "--out=b.plan", "--force"])).stderr).toContain(
      "goes without --force",
    );
    await symlink(given.file, join(given.folder, "link"));
    const link = await given.pgMig(["plan", "--out=link"]);
    expect(link).toMatchObject({ status: 1 });
    expect(link.stderr).toContain("it is a symbolic link");
    expect(await rows(given)).toEqual(untouched);
  });
});
