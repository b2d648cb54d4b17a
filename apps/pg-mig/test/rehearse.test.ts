import { readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

/** A folder with two versions. The undo of the second one forgets an index. */
async function prepared(shards: readonly string[] = []): Promise<Scenario> {
  const prepare = await scenario({ shards });
  await prepare.migrations({
    "1.users.sh": "CREATE TABLE users (id int PRIMARY KEY, name text);",
    "1.users.sh.dn.sql": "DROP TABLE users;",
    "2.index.sh": "CREATE INDEX users_name ON users (name);\n-- done",
  });
  return prepare;
}

const withTimes = /\(\d+(?:\.\d+)? ?m?s\)|\d+(?:\.\d+)? ms/g;

/** The scratch databases on the server of the tests. */
async function scratchDatabases(): Promise<string[]> {
  const rows = await cluster().node.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'pg\\_mig\\_scratch%'",
  );
  return rows.map(({ name }) => name);
}

describe("pg-mig rehearse", () => {
  it("tells what an undo forgets, and exits with status 2", async () => {
    const { pgMig } = await prepared();
    const args = ["rehearse", "--all", "--verbose", `--scratch=${cluster().node.url}`];
    const { status, stdout, stderr } = await pgMig(args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(stdout.replaceAll(withTimes, "TIME")).toBe(`\
1.users.sh works, and its undo restores TIME
  1. CREATE TABLE users (id int PRIMARY KEY, name text) TIME
2.index.sh works, and its undo does not restore what was there TIME
  error: mig/2.index.sh.up.sql:1:1: relation "users_name" already exists
      CREATE INDEX users_name ON users (name);
      ^
    SQLSTATE: 42P07
    more: pg-mig help SCRIPT_FAILED
  index users_name extra after the undo
    found:    CREATE INDEX users_name ON <shard>.users USING btree (name)
  1. CREATE INDEX users_name ON users (name) TIME
  locks users: ShareLock from statement 1 on
2 versions rehearsed on a scratch database: not all is well.
`);
    expect(await scratchDatabases()).toEqual([]);
  });

  it("prints one object for programs, and writes it as a report", async () => {
    const { pgMig, folder } = await prepared();
    const args = ["rehearse", "1.users.sh.up.sql", "--json", "--report=r.json"];
    const { status, stdout } = await pgMig([...args, `--scratch=${cluster().node.url}`]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      type: "rehearsal",
      outcome: "ok",
      where: "scratch",
      versions: [
        {
          version: "1.users.sh",
          ...{ up: "ok", down: "ok", restores: true, repeats: true },
          ...{ differences: [], locks: [], rewrites: [], createsOutside: [], sequences: [] },
          statements: [
            {
              text: "CREATE TABLE users (id int PRIMARY KEY, name text)",
              durationMs: expect.any(Number),
            },
          ],
          durationMs: expect.any(Number),
        },
      ],
    });
    expect(JSON.parse(await readFile(join(folder, "r.json"), "utf8"))).toEqual(JSON.parse(stdout));
  });

  it("tries what is pending on the cluster, and prints nothing with --quiet if all is well", async () => {
    const { pgMig, migrations } = await prepared(["sh0001"]);
    await pgMig();
    const scratch = `--scratch=${cluster().node.url}`;
    expect(await pgMig(["rehearse", scratch])).toMatchObject({
      status: 0,
      stdout: "Nothing is pending: nothing to rehearse.\n",
    });
    await migrations({
      "3.note.sh": "ALTER TABLE users ADD note text;",
      "3.note.sh.dn.sql": "ALTER TABLE users DROP note;",
    });
    const { status, stdout } = await pgMig(["rehearse", scratch]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^3\.note\.sh works[\s\S]*\n1 version rehearsed on a scratch database: all is well\.\n$/,
    );
    expect(await pgMig(["rehearse", "--quiet", scratch])).toEqual({
      ...{ status: 0, stdout: "", stderr: "" },
    });
  });

  it("needs nothing but an installed testkit with --scratch=embedded", async () => {
    const { pgMig, folder, write } = await prepared();
    const args = ["rehearse", "1.users.sh", "--scratch=embedded"];
    const nowhere = { env: { PGHOST: "nowhere.invalid", PGSSLMODE: "verify-full" } };
    const missing = await pgMig(args, nowhere);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("npm install -D @pg-mig/testkit");
    const testkit = createRequire(import.meta.url).resolve("@pg-mig/testkit/package.json");
    await write("node_modules/@pg-mig/.keep", "");
    await symlink(dirname(testkit), join(folder, "node_modules/@pg-mig/testkit"));
    expect(await pgMig(args, nowhere)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1.users.sh works, and its undo restores"),
    });
  });

  it("drops at the next time what was left when it was killed at any moment", async () => {
    const { start, pgMig } = await prepared();
    const scratch = `--scratch=${cluster().node.url}`;
    let left = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const running = start(["rehearse", "--all", scratch]);
      if (attempt % 2 === 0) {
        await expect.poll(scratchDatabases, { timeout: 30_000 }).not.toEqual([]);
      }
      await sleep(Math.random() * 600);
      running.kill("SIGKILL");
      await running.result;
      left += (await scratchDatabases()).length;
    }
    expect(left).toBeGreaterThan(0);
    // The server notices at the end of its statement, CREATE DATABASE for one, that nobody is there.
    await expect
      .poll(async () => {
        await pgMig(["rehearse", "1.users.sh", scratch]);
        return scratchDatabases();
      })
      .toEqual([]);
  });

  it("leaves nothing if it is interrupted", async () => {
    const { start, migrations, column } = await prepared();
    await migrations({ "2.index.sh": "SELECT pg_sleep(100);" });
    const running = start(["rehearse", "--all", `--scratch=${cluster().node.url}`]);
    await running.printed("1.users.sh works");
    await expect
      .poll(() =>
        column(
          "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(100)%'",
        ),
      )
      .toEqual([1]);
    running.kill("SIGTERM");
    expect(await running.result).toMatchObject({ status: 143 });
    expect(await scratchDatabases()).toEqual([]);
  });

  it("tries what is pending on a live shard, and leaves it as it was", async () => {
    const { pgMig, migrations, column } = await prepared(["sh0001", "sh0002"]);
    await pgMig();
    await column("CREATE SEQUENCE public.numbers");
    await migrations({
      "3.unique.sh":
        "CREATE UNIQUE INDEX users_unique ON users (name); SELECT nextval('public.numbers');",
      "3.unique.sh.dn.sql": "DROP INDEX users_unique;",
    });
    const args = ["rehearse", "--on=shard=sh0001"];
    const good = await pgMig(args);
    expect(good.stdout.replaceAll(withTimes, "TIME")).toMatch(
      /^3\.unique\.sh works, and its undo restores TIME\n {2}locks users: ShareLock from statement 1 on\n {2}locks public\.numbers: RowExclusiveLock from statement 2 on \(outside of its shard\)\n {2}moves sequences, which no rollback takes back: public\.numbers\n1 version rehearsed on 127\.0\.0\.1:sh0001: all is well\.\n$/,
    );
    expect(good.status).toBe(0);
    expect((await pgMig(["drift"])).status).toBe(0);
    await column("INSERT INTO sh0001.users VALUES (1, 'a'), (2, 'a') RETURNING id");
    const { status, stdout } = await pgMig([...args, "--json"]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ outcome: "failed", where: { node: "127.0.0.1", shard: "sh0001" } },
      versions: [{ version: "3.unique.sh", up: "failed" }],
    });
    expect(await column("SELECT id FROM sh0001.users ORDER BY id")).toEqual([1, 2]);
    expect((await pgMig(["rehearse", "--on=shard=sh0002"])).status).toBe(0);
  });

  it("refuses what it cannot mean", async () => {
    const { pgMig } = await prepared();
    for (const [args, message] of [
      [["rehearse", "--all", "1.users.sh"], "rehearse takes versions, or --pending, or --all"],
      [["rehearse", "--all"], "No server is named for the scratch database."],
      [["rehearse"], "No server is named for the scratch database."],
      [["rehearse", "--all", "--scratch=a,b"], "There must be one server in --scratch."],
      [["rehearse", "9.no.sh", "--scratch=x"], 'There is no version "9.no.sh"'],
      [["--scratch=embedded"], "apply takes no --scratch"],
      [["rehearse", "--on=sh0001"], '--on takes "shard=NAME", not "sh0001".'],
      [["rehearse", "--on=shard=sh0001", "--all"], "--all and --on exclude each other"],
    ] as const) {
      const { status, stderr } = await pgMig(args);
      expect([args, status]).toEqual([args, 1]);
      expect(stderr).toContain(message);
    }
  });
});
