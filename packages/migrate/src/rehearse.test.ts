import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { rehearse } from "./rehearse.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(async () => {
  await cluster?.stop();
});

const defaults = { port: 5432, user: "postgres", sslMode: "prefer" as const };

/** The databases that rehearsals have left. */
async function scratchDatabases(): Promise<string[]> {
  const database = await cluster.node.createDatabase();
  const rows = await database.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'pg\\_mig\\_scratch%'",
  );
  await database.drop();
  return rows.map(({ name }) => name);
}

/** How many statements sleep. */
async function sleeping(): Promise<number> {
  const rows = await cluster.node.query(
    "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100)%' AND pid <> pg_backend_pid()",
  );
  return rows.length;
}

/** Rehearses files: by version, the up file and the dn file. */
async function rehearsal(
  files: Readonly<Record<string, readonly [up: string, down: string]>>,
  options: {
    readonly versions?: readonly string[];
    readonly before?: string;
    readonly signal?: AbortSignal;
    readonly scratch?: string | undefined;
    readonly onNote?: (message: string) => void;
  } = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "pg-mig-rehearse-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(directory, { recursive: true });
  for (const [version, [up, down]] of Object.entries(files)) {
    await writeFile(join(directory, `${version}.up.sql`), up);
    await writeFile(join(directory, `${version}.dn.sql`), down);
  }
  if (options.before !== undefined) {
    await writeFile(join(directory, "before.sql"), options.before);
  }
  const { host, port, user, password } = cluster.node;
  const report = await rehearse({
    migrationDirectory: directory,
    scratch:
      "scratch" in options
        ? options.scratch
        : `postgres://${user}:${password}@${host}:${port}/postgres`,
    signal: options.signal,
    onNote: options.onNote,
    sources: [],
    defaults,
    versions: options.versions ?? "all",
  });
  return report;
}

const users = {
  "1.users.sh": ["CREATE TABLE users (id int PRIMARY KEY, name text)", "DROP TABLE users"],
} as const;

describe("rehearse", () => {
  it("says that versions work, that their undo undoes, and leaves no database", async () => {
    const { outcome, versions } = await rehearsal({
      ...users,
      "2.note.sh": ["ALTER TABLE users ADD note text", "ALTER TABLE users DROP note"],
    });
    expect(outcome).toBe("ok");
    expect(versions).toMatchObject([
      { version: "1.users.sh", up: "ok", down: "ok", restores: true, repeats: true },
      { version: "2.note.sh", up: "ok", down: "ok", restores: true, repeats: true },
    ]);
    expect(await scratchDatabases()).toEqual([]);
  });

  it("tells what an undo forgets, and that the version does not work a second time", async () => {
    const { outcome, versions } = await rehearsal({
      ...users,
      "2.note.sh": [
        "ALTER TABLE users ADD note text; CREATE INDEX users_name ON users (name)",
        "ALTER TABLE users DROP note",
      ],
    });
    expect(outcome).toBe("failed");
    expect(versions[1]).toMatchObject({
      up: "ok",
      down: "ok",
      restores: false,
      repeats: false,
      differences: [{ kind: "index", path: "users_name", what: "extra" }],
      error: { server: { sqlState: "42P07" } },
    });
  });

  it("tells locks from the statement on that takes them, rewrites, and what is outside", async () => {
    const { outcome, versions } = await rehearsal(
      {
        ...users,
        "2.type.sh": [
          "CREATE INDEX users_name ON users (name);\nALTER TABLE users ALTER id TYPE bigint;\n" +
            "INSERT INTO public.seen VALUES (1);\nCREATE TABLE public.made ();",
          "DROP TABLE public.made; ALTER TABLE users ALTER id TYPE int; DROP INDEX users_name;",
        ],
      },
      { before: "CREATE TABLE seen (id int)" },
    );
    expect(outcome).toBe("ok");
    const [, second] = versions;
    expect(second?.locks).toEqual(
      expect.arrayContaining([
        { relation: "users", mode: "ShareLock", statement: 1, outside: false },
        { relation: "users", mode: "AccessExclusiveLock", statement: 2, outside: false },
        { relation: "public.seen", mode: "RowExclusiveLock", statement: 3, outside: true },
      ]),
    );
    expect(second?.rewrites).toEqual(expect.arrayContaining(["users", "users_pkey"]));
    expect(second?.createsOutside).toEqual(["public.made"]);
    expect(second?.statements.map(({ text }) => text)).toEqual([
      "CREATE INDEX users_name ON users (name)",
      "ALTER TABLE users ALTER id TYPE bigint",
      "INSERT INTO public.seen VALUES (1)",
      "CREATE TABLE public.made ()",
    ]);
  });

  it("tells what is written anew and made outside in the order of names, in every run", async () => {
    const { versions } = await rehearsal({
      "1.zoo.sh": ["CREATE TABLE zoo (id int CONSTRAINT alpha PRIMARY KEY)", "DROP TABLE zoo"],
      "2.type.sh": [
        "ALTER TABLE zoo ALTER id TYPE bigint; CREATE TABLE public.z (); CREATE TABLE public.a ();",
        "DROP TABLE public.z, public.a; ALTER TABLE zoo ALTER id TYPE int;",
      ],
    });
    expect(versions[1]).toMatchObject({
      rewrites: ["alpha", "zoo"],
      createsOutside: ["public.a", "public.z"],
    });
  });

  it("tells a version that fails, and skips those of its prefix that follow", async () => {
    const { outcome, versions } = await rehearsal({
      ...users,
      "2.bad.sh": ["ALTER TABLE userz ADD note text", "SELECT 1"],
      "3.later.sh": ["CREATE TABLE later ()", "DROP TABLE later"],
      "4.other.zz": ["CREATE TABLE other ()", "DROP TABLE other"],
    });
    expect(outcome).toBe("failed");
    expect(versions.map(({ version, up, down }) => [version, up, down])).toEqual([
      ["1.users.sh", "ok", "ok"],
      ["2.bad.sh", "failed", "skipped"],
      ["3.later.sh", "skipped", "skipped"],
      ["4.other.zz", "ok", "ok"],
    ]);
    expect(versions[1]?.error).toMatchObject({ server: { sqlState: "42P01" } });
  });

  it("judges a dn file that is empty or fails, and goes on", async () => {
    const { outcome, versions } = await rehearsal({
      "1.users.sh": ["CREATE TABLE users (id int)", "-- nothing"],
      "2.note.sh": ["ALTER TABLE users ADD note text", "DROP TABLE nothing"],
      "3.more.sh": ["ALTER TABLE users ADD more text", "ALTER TABLE users DROP more"],
    });
    expect(outcome).toBe("failed");
    expect(versions).toMatchObject([
      { down: "empty", restores: false, repeats: null },
      { down: "failed", restores: null, repeats: null, error: { server: { sqlState: "42P01" } } },
      { up: "ok", down: "ok", restores: true, repeats: true },
    ]);
  });

  it("tells a version, or an undo, that takes its own schema away, and goes on elsewhere", async () => {
    const { outcome, versions } = await rehearsal({
      "1.gone.sh": ["DROP SCHEMA sh0001", "SELECT 1"],
      "2.later.sh": ["SELECT 1", "SELECT 1"],
      "3.renamed.zz": ["SELECT 1", "ALTER SCHEMA zz0001 RENAME TO yy0001"],
      "4.neighbour.aa": ["CREATE TABLE t ()", "DROP TABLE t"],
      "5.other.bb": ["CREATE TABLE t ()", "DROP TABLE t; DROP SCHEMA aa0001 CASCADE"],
      "6.robbed.aa": ["CREATE TABLE u ()", "DROP TABLE u"],
    });
    expect(outcome).toBe("failed");
    expect(versions).toMatchObject([
      { up: "failed", error: { code: "SHARD_DROPPED", where: { version: "1.gone.sh" } } },
      { up: "skipped", reason: "1.gone.sh failed" },
      { up: "ok", down: "failed", error: { code: "SHARD_DROPPED" } },
      { up: "ok", restores: true },
      { up: "ok", restores: true },
      { up: "skipped", reason: "its schema is gone" },
    ]);
  });

  it("skips versions that no schema can get, and knows the longest names", async () => {
    const long = "l".repeat(60);
    const { outcome, versions } = await rehearsal({
      "1.reserved.pg_x": ["CREATE TABLE t ()", "DROP TABLE t"],
      [`2.long.${long}`]: ["CREATE TABLE t ()", "DROP TABLE t"],
      [`3.longer.${long}2345`]: ["CREATE TABLE t ()", "DROP TABLE t"],
    });
    expect(outcome).toBe("ok");
    expect(versions).toMatchObject([
      { up: "skipped", reason: "no schema can have a name that begins with pg_x" },
      { up: "ok", restores: true, createsOutside: [] },
      { up: "skipped", reason: `no schema can have a name that begins with ${long}2345` },
    ]);
  });

  it("tells what belongs to the database or the server, and the roles that it leaves there", async () => {
    const notes: string[] = [];
    const { versions } = await rehearsal(
      {
        "1.all.sh": [
          "CREATE ROLE left_over; CREATE EXTENSION hstore SCHEMA public; CREATE PUBLICATION p;\n" +
            "CREATE COLLATION public.c (provider = libc, locale = 'C'); CREATE CAST (sh0001.t AS text) WITH INOUT;",
          "DROP CAST (sh0001.t AS text); DROP COLLATION public.c; DROP PUBLICATION p; DROP EXTENSION hstore; DROP ROLE left_over",
        ],
      },
      {
        before: "CREATE SCHEMA sh0001; CREATE TYPE sh0001.t AS (i int);",
        onNote: (n) => notes.push(n),
      },
    );
    expect(versions).toMatchObject([{ up: "ok", restores: true, repeats: true }]);
    expect(versions[0]?.createsOutside.toSorted()).toEqual([
      "cast (sh0001.t AS text)",
      "extension hstore",
      "public.c",
      "publication p",
      "role left_over",
    ]);
    expect(notes).toEqual([expect.stringContaining("left_over")]);
    await cluster.node.query("DROP ROLE left_over");
  });

  it("runs psql's language, concurrent builds and transactions of their own", async () => {
    const { outcome, versions } = await rehearsal({
      ...users,
      "2.psql.sh": [
        "\\set name note\nALTER TABLE users ADD :name text;\nCOPY users FROM stdin;\n1\ta\tb\n\\.\n",
        "\\if true\nALTER TABLE users DROP note;\n\\endif\n",
      ],
      "3.build.sh": [
        "-- $parallelism_per_host=1\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
        "DROP INDEX CONCURRENTLY IF EXISTS users_name;",
      ],
      "4.own.sh": [
        "-- $parallelism_per_host=1\nCOMMIT; DROP INDEX IF EXISTS users_n2; CREATE INDEX CONCURRENTLY users_n2 ON users (name); BEGIN;",
        "DROP INDEX users_n2",
      ],
    });
    // The row of the first up is there at the second: its key is taken.
    expect(versions).toMatchObject([
      { up: "ok", down: "ok", restores: true, repeats: true },
      {
        up: "ok",
        down: "ok",
        restores: true,
        repeats: false,
        error: { server: { sqlState: "23505" } },
      },
      { up: "skipped", down: "skipped", reason: "2.psql.sh failed the second time" },
      { up: "skipped", down: "skipped", reason: "2.psql.sh failed the second time" },
    ]);
    expect(outcome).toBe("failed");
    const builds = await rehearsal({
      ...users,
      "3.build.sh": [
        "-- $parallelism_per_host=1\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
        "DROP INDEX CONCURRENTLY IF EXISTS users_name;",
      ],
      "4.own.sh": [
        "-- $parallelism_per_host=1\nCOMMIT; DROP INDEX IF EXISTS users_n2; CREATE INDEX CONCURRENTLY users_n2 ON users (name); BEGIN;",
        "DROP INDEX users_n2",
      ],
    });
    expect(builds.outcome).toBe("ok");
  });

  it("judges the chosen versions alone, on top of the others", async () => {
    const { outcome, versions } = await rehearsal(
      {
        "1.users.sh": ["CREATE TABLE users (id int)", ""],
        "2.note.sh": ["ALTER TABLE users ADD note text", "ALTER TABLE users DROP note"],
      },
      { versions: ["2.note.sh"] },
    );
    expect(outcome).toBe("ok");
    expect(versions.map(({ version }) => version)).toEqual(["2.note.sh"]);
  });

  it("shows of no statement what may be a password in it", async () => {
    const { versions } = await rehearsal({
      "1.users.sh": [
        "-- secret1\nCREATE TABLE users (id int DEFAULT length('secret2') /* secret3 */ + length($a$secret4$a$));",
        "DROP TABLE users",
      ],
    });
    expect(versions[0]?.statements).toMatchObject([
      { text: "CREATE TABLE users (id int DEFAULT length('…') + length('…'))" },
    ]);
  });

  it("drops what others have left, and not what somebody works with", async () => {
    await cluster.node.createDatabase({ name: "pg_mig_scratch_0000002a" });
    await cluster.node.createDatabase({ name: "pg_mig_scratch_ffffffff" });
    const maker = await cluster.node.connect();
    await maker.query("SELECT pg_advisory_lock(1885826409, -1)");
    await rehearsal(users);
    expect(await scratchDatabases()).toEqual(["pg_mig_scratch_ffffffff"]);
    await maker.end();
    await rehearsal(users);
    expect(await scratchDatabases()).toEqual([]);
  });

  it("leaves the database of another role alone, whatever its name", async () => {
    const name = "pg_mig_scratch_0badcafe";
    const theirs = await cluster.node.createDatabase({ name });
    await cluster.node.query("CREATE ROLE neighbour");
    await cluster.node.query(`ALTER DATABASE ${name} OWNER TO neighbour`);
    await rehearsal(users);
    expect(await scratchDatabases()).toEqual([name]);
    await theirs.drop();
    await cluster.node.query("DROP ROLE neighbour");
  });

  it("leaves no database if it is interrupted", async () => {
    const controller = new AbortController();
    const rehearsing = rehearsal(
      { "1.slow.sh": ["SELECT pg_sleep(100)", "SELECT 1"] },
      { signal: controller.signal },
    );
    await expect.poll(sleeping, { timeout: 20_000 }).toBe(1);
    controller.abort(new Error("enough"));
    await expect(rehearsing).rejects.toThrow("enough");
    expect(await scratchDatabases()).toEqual([]);
  });

  it.each([
    ["that runs the files", "state = 'active'", "CONNECTION_LOST", 100, 0],
    ["that only look on", "state = 'idle'", "SCRATCH_FAILED", 2, 1],
  ])(
    "says that somebody ended the sessions %s, and blames no version",
    async (_, which, code, seconds, left) => {
      const rehearsing = rehearsal({ "1.slow.sh": [`SELECT pg_sleep(${seconds})`, "SELECT 1"] });
      const ended = expect(rehearsing).rejects.toMatchObject({ code });
      const scratch = "application_name = 'pg-mig scratch'";
      const asleep = () =>
        cluster.node.query(
          `SELECT FROM pg_stat_activity WHERE ${scratch} AND wait_event = 'PgSleep'`,
        );
      await expect.poll(async () => (await asleep()).length, { timeout: 20_000 }).toBe(1);
      await cluster.node.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${scratch} AND ${which}`,
      );
      await ended;
      // Nobody is left who could drop it; the next one does.
      expect(await scratchDatabases()).toHaveLength(left);
      await rehearsal(users);
      expect(await scratchDatabases()).toEqual([]);
    },
  );

  it("takes no more of the server than the right to make databases", async () => {
    await cluster.node.query(
      "CREATE ROLE maker LOGIN CREATEDB PASSWORD 'm'; CREATE ROLE other LOGIN PASSWORD 'o'",
    );
    const { host, port } = cluster.node;
    const scratch = (login: string) => `postgres://${login}@${host}:${port}/postgres`;
    const files = {
      "1.users.sh": [
        "CREATE TABLE public.users (); CREATE TABLE users ()",
        "DROP TABLE users, public.users",
      ],
    } as const;
    expect(await rehearsal(files, { scratch: scratch("maker:m") })).toMatchObject({
      outcome: "ok",
      versions: [{ restores: true, createsOutside: ["public.users"] }],
    });
    expect(await scratchDatabases()).toEqual([]);
    await expect(rehearsal(files, { scratch: scratch("other:o") })).rejects.toMatchObject({
      code: "SCRATCH_FAILED",
      message: expect.stringContaining("permission denied to create database"),
      hint: expect.stringContaining("CREATEDB"),
    });
  });

  it("refuses to begin without a server for the scratch database", async () => {
    await expect(rehearsal(users, { scratch: undefined })).rejects.toMatchObject({
      code: "SCRATCH_MISSING",
    });
  });

  it("refuses a version that is not there", async () => {
    await expect(rehearsal(users, { versions: ["9.no.sh"] })).rejects.toMatchObject({
      code: "VERSION_UNKNOWN",
    });
  });
});
