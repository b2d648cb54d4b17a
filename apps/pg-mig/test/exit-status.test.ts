import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** Two shards on two nodes, with two versions that nobody has applied. */
async function pending(): Promise<Scenario> {
  const made = await scenario({ shards: ["sh1", "sh2"] });
  await made.migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
  return made;
}

const gates = [
  ["plan", "--check"],
  ["status", "--check"],
] as const;

describe.each(gates)("%s %s", (...gate) => {
  it("exits with 2 if a version is pending, and prints what there is; with 0 if all is done", async () => {
    const { pgMig } = await pending();
    const plain = await pgMig([gate[0]]);
    expect(plain.status).toBe(0);
    expect(await pgMig(gate)).toEqual({ ...plain, status: 2 });
    expect(await pgMig([...gate, "--quiet"])).toEqual({ ...plain, status: 2 });
    expect((await pgMig(["apply"])).status).toBe(0);
    expect(await pgMig(gate)).toMatchObject({ status: 0, stdout: (await pgMig([gate[0]])).stdout });
    const silent = { status: 0, stdout: "", stderr: "" };
    expect(await pgMig([...gate, "--quiet"])).toEqual(silent);
    expect(await pgMig([...gate, "--quiet", "--json"])).toEqual(silent);
  });

  it("exits with 2 if the last run did not finish", async () => {
    const { pgMig, migrations } = await pending();
    await pgMig(["apply"]);
    await migrations({ "after.sql": "SELECT 1/0;" });
    expect((await pgMig(["apply"])).status).toBe(1);
    expect((await pgMig(gate)).status).toBe(2);
  });

  it("exits with 1 if a node does not answer", async () => {
    const { pgMig } = await pending();
    expect((await pgMig(gate, { env: { PGHOST: "127.0.0.1:1" } })).status).toBe(1);
  });
});

describe("status --check", () => {
  it("exits with 2 if a file was edited after it was applied", async () => {
    const { pgMig, migrations } = await pending();
    await pgMig(["apply"]);
    await migrations({ "1.a.sh": "CREATE TABLE other();" });
    expect((await pgMig(["status", "--check"])).status).toBe(2);
  });

  it("exits with 2 if a shard does not fit the versions on disk", async () => {
    const { pgMig, database, migrations } = await pending();
    await migrations({ "3.c.usr": "" });
    await pgMig(["apply"]);
    await database.query("CREATE SCHEMA sh3");
    await database.query(
      `CREATE FUNCTION sh3.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '["0.x.sh"]'; $$`,
    );
    expect((await pgMig(["status", "--check"])).status).toBe(2);
  });
});

describe("the commands for the options of 2.x", () => {
  it("apply, undo, and their dry runs", async () => {
    const { pgMig, ledger } = await pending();
    expect((await pgMig(["apply", "--dry"])).stdout).toBe((await pgMig(["plan"])).stdout);
    const untimed = (sql: string) => sql.replace(/'[0-9a-f]{64}'|\d{4}-\d\d-\d\dT[\d:]+Z/g, "…");
    const sql = untimed((await pgMig(["plan", "--sql"])).stdout);
    expect(sql).toContain("CREATE TABLE t();");
    expect(untimed((await pgMig(["--dry=sql"])).stdout)).toBe(sql);
    expect((await pgMig(["apply"])).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
    const dry = await pgMig(["undo", "2.b.sh", "--dry"]);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining("Would undo 4 steps") });
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
    expect((await pgMig(["undo"])).stderr).toContain("2.b.sh is the latest of 4 shards");
    expect((await pgMig(["undo", "2.b.sh"])).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });
});

describe("--quiet", () => {
  it("prints nothing of an apply and an undo that go well, and what failed of one that does not", async () => {
    const { pgMig, migrations } = await pending();
    const silent = { status: 0, stdout: "", stderr: "" };
    await migrations({
      "2.b.sh": "\\echo said\nCREATE TABLE u();",
      "2.b.sh.dn.sql": "DROP TABLE u;",
    });
    expect(await pgMig(["--quiet"])).toEqual(silent);
    expect(await pgMig(["--quiet"])).toEqual(silent);
    expect(await pgMig(["undo", "2.b.sh", "--quiet"])).toEqual(silent);
    await migrations({ "2.b.sh": "SELECT 1/0;" });
    const failed = await pgMig(["--quiet"]);
    expect(failed).toMatchObject({ status: 1, stderr: "" });
    expect(failed.stdout).toContain("division by zero");
    expect(failed.stdout).toMatch(/^Failed: 0 of 4 steps applied, 4 failed/m);
  });

  it("prints nothing of shards that are alike, and what differs of others", async () => {
    const { pgMig, database } = await pending();
    await pgMig();
    expect(await pgMig(["drift", "--quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
    await database.query("CREATE TABLE sh1.extra()");
    const { status, stdout } = await pgMig(["drift", "--quiet"]);
    expect(status).toBe(2);
    expect(stdout).toContain("table extra extra on");
  });
});

describe("--verbose", () => {
  it("prints a line for each step of a run that is too large for it otherwise", async () => {
    const shards = Array.from({ length: 12 }, (_, i) => `sh${i}`);
    const { pgMig, migrations } = await scenario({ shards });
    await migrations({ "1.a.sh": "\\echo said" });
    const { stderr } = await pgMig(["--verbose"]);
    expect(stderr.match(/^done \S+:sh\d+ 1\.a\.sh /gm)).toHaveLength(24);
    await migrations({ "2.b.sh": "\\echo said" });
    expect((await pgMig()).stderr).not.toMatch(/^done /m);
  });
});

describe("--color", () => {
  const on = "\u001B[";

  it.each([
    ["always", { NO_COLOR: "1" }, true],
    ["never", { FORCE_COLOR: "1" }, false],
    ["auto", { FORCE_COLOR: "1" }, true],
    ["auto", {}, false],
  ])("%s with %o", async (color, env, colored) => {
    const { pgMig } = await pending();
    const { stdout } = await pgMig(["plan", `--color=${color}`], { env });
    expect(stdout.includes(on)).toBe(colored);
    const { stderr } = await pgMig([`--color=${color}`, "--migdir=nowhere"], { env });
    expect(stderr.includes(on)).toBe(colored);
  });
});
