import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("--createdb", () => {
  it.each([
    ["--undo", ["--undo=1.a.public"]],
    ["the plan of an undo", ["--undo=1.a.public", "--dry"]],
    ["--list=db", ["--list=db"]],
  ])("makes no database for %s, which may have been asked of a wrong one", async (_, args) => {
    const { migrations, pgMig, database, column } = await scenario();
    await migrations({ "1.a.public": "CREATE TABLE t();" });
    const name = `no_${database.name}`;
    const url = database.url.replace(/[^/]+$/, name);
    const { status, stderr } = await pgMig([...args, "--createdb", `--hosts=${url}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(`There is no database "${name}"`);
    expect(await column(`SELECT datname FROM pg_database WHERE datname = '${name}'`)).toEqual([]);
  });

  it("plans for databases that do not exist yet, and makes none", async () => {
    const { migrations, pgMig, database, column } = await scenario();
    await migrations({ "1.a.public": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
    const names = [`a_${database.name}`, `b_${database.name}`];
    const urls = names.map((name) => database.url.replace(/[^/]+$/, name));
    for (const args of [["plan"], ["--dry"]]) {
      const all = [...args, "--json", "--createdb", `--hosts=${urls.join(",")}`];
      const { status, stdout, stderr } = await pgMig(all);
      expect(stderr).toMatch(/The database "a_.*" does not exist on .*; an apply makes it\./);
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout).chains).toEqual(
        names.map((name) => ({
          node: expect.stringContaining(name),
          shard: "public",
          pending: ["1.a.public"],
        })),
      );
    }
    const list = names.map((name) => `'${name}'`).join(", ");
    expect(await column(`SELECT datname FROM pg_database WHERE datname IN (${list})`)).toEqual([]);
  });

  it("plans for them as a role that may make databases, and nothing else", async () => {
    const { migrations, pgMig, database } = await scenario();
    await migrations({ "1.a.public": "CREATE TABLE t();" });
    const role = `maker_${database.name}`;
    const made = `new_${database.name}`;
    await database.query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'pw'`);
    onTestFinished(async () => {
      await database.query(`DROP DATABASE IF EXISTS "${made}"`);
      await database.query(`DROP ROLE "${role}"`);
    });
    const { host, port } = database;
    const url = `postgres://${role}:pw@${host}:${port}/${made}`;
    const planned = await pgMig(["plan", "--createdb", `--hosts=${url}`]);
    expect(planned.status, planned.stderr).toBe(0);
    const applied = await pgMig(["apply", "--createdb", `--hosts=${url}`]);
    expect(applied.status, applied.stderr).toBe(0);
  });

  it("says that it waits, for which node, and why; SIGTERM ends that", async () => {
    const { migrations, start } = await scenario();
    await migrations({ "1.a.public": "" });
    const run = start(["--createdb", "--hosts=127.0.0.1:1"]);
    await run.printed("Waiting for 127.0.0.1: No server accepts connections at 127.0.0.1:1.");
    run.kill("SIGTERM");
    expect((await run.result).status).toBe(143);
  });
});
