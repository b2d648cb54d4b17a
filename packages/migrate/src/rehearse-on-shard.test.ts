import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hosts } from "@pg-mig/cluster";
import { readShardLedger, type ShardLedger, takeShardSql } from "@pg-mig/ledger";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { drift } from "./drift.js";
import { type RehearseOnShardOptions, rehearseOnShard } from "./rehearse-on-shard.js";

type Files = Readonly<Record<string, readonly [up: string, down: string]>>;

let cluster: TestCluster;
let database: TestDatabase;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(async () => {
  await cluster?.stop();
});
beforeEach(async () => {
  database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
});

const users = {
  "1.users.sh": [
    "CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) VALUES ('a'), ('a');",
    "DROP TABLE users",
  ],
} as const;

/** Two shards that have the first version, and a directory that has more. */
async function prepared(files: Files) {
  const migrationDirectory = await mkdtemp(join(tmpdir(), "pg-mig-rehearse-"));
  onTestFinished(() => rm(migrationDirectory, { recursive: true }));
  const write = async (all: Files) => {
    for (const [version, [up, down]] of Object.entries(all)) {
      await writeFile(join(migrationDirectory, `${version}.up.sql`), up);
      await writeFile(join(migrationDirectory, `${version}.dn.sql`), down);
    }
  };
  const options = {
    migrationDirectory,
    sources: [hosts(database.url)],
    defaults: { port: 5432, user: "postgres", sslMode: "prefer" },
  } as const;
  await database.query("CREATE SCHEMA sh0001; CREATE SCHEMA sh0002");
  await write(users);
  await apply(options).result;
  await write(files);
  return {
    options,
    rehearse: (more: Partial<RehearseOnShardOptions> = {}) =>
      rehearseOnShard({ ...options, shard: "sh0001", ...more }),
  };
}

/** What the shard has: its rows, and where they are stored. */
async function contents(): Promise<unknown> {
  return database.query(
    `SELECT (SELECT json_agg(u) FROM sh0001.users u) AS rows, pg_relation_filenode('sh0001.users') AS file,
      sh0001.mig_versions_const() AS ledger, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks`,
  );
}

describe("rehearseOnShard", () => {
  it("shows what only the rows of a shard make fail, and leaves the shard as it was", async () => {
    const { rehearse, options } = await prepared({
      "2.type.sh": [
        "ALTER TABLE users ALTER id TYPE bigint; UPDATE users SET name = 'b'; CREATE TABLE public.made ();",
        "DROP TABLE public.made; ALTER TABLE users ALTER id TYPE int",
      ],
      "3.unique.sh": ["CREATE UNIQUE INDEX users_name ON users (name)", "DROP INDEX users_name"],
      "4.later.sh": ["SELECT 1", "SELECT 1"],
    });
    const before = await contents();
    const report = await rehearse();
    expect(report).toMatchObject({
      outcome: "failed",
      where: { shard: "sh0001" },
      versions: [
        {
          ...{ version: "2.type.sh", up: "ok", down: "ok", restores: true, repeats: true },
          locks: [
            { relation: "users", mode: "AccessExclusiveLock", statement: 1, outside: false },
            { relation: "users", mode: "ShareLock", statement: 1 },
            { relation: "users", mode: "RowExclusiveLock", statement: 2 },
          ],
          createsOutside: ["public.made"],
        },
        { version: "3.unique.sh", up: "failed", error: { server: { sqlState: "23505" } } },
        { version: "4.later.sh", up: "skipped", reason: "3.unique.sh failed" },
      ],
    });
    expect(report.versions[0]?.rewrites.toSorted()).toEqual(["users", "users_pkey"]);
    expect(await contents()).toEqual(before);
    expect((await drift(options)).outcome).toBe("alike");
  });

  it("tells an undo that does not restore, with the rows that are there", async () => {
    const { rehearse } = await prepared({
      "2.note.sh": ["ALTER TABLE users ADD note text DEFAULT 'x'", "SELECT 1"],
    });
    expect(await rehearse()).toMatchObject({
      outcome: "failed",
      versions: [
        {
          ...{ up: "ok", down: "ok", restores: false, repeats: false },
          differences: [
            { kind: "column", path: "users.note", what: "extra" },
            { kind: "column order" },
          ],
        },
      ],
    });
  });

  it.each([
    [
      "-- $parallelism_per_host=1\nCREATE INDEX CONCURRENTLY i ON users (name);",
      "it runs outside of a transaction",
    ],
    ["BEGIN; UPDATE users SET id = id; COMMIT;", "it begins or ends transactions itself"],
    ["SELECT 1;\n\\! touch /tmp/never", "it runs shell commands"],
    ["\\if true\n\\! touch /tmp/never\n\\endif\nSELECT 1;", "it runs shell commands"],
    ["\\copy users to program 'cat > /tmp/never'", "it runs shell commands"],
    ["\\set x `touch /tmp/never`\nSELECT 1;", "it runs shell commands"],
    [
      "CREATE TYPE e AS ENUM ('a'); ALTER TYPE public.kind ADD VALUE 'b'; SELECT 'b'::public.kind;",
      "it uses a value that it adds to an enum, which must be committed first",
    ],
    [
      "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; CALL p();",
      "it commits inside of a procedure",
    ],
    [
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1;",
      "a statement of it must be the first, or outside, of a transaction",
    ],
  ])("says what cannot be rehearsed so, and goes no further: %j", async (up, reason) => {
    await database.query("CREATE TYPE public.kind AS ENUM ('a')");
    const { rehearse } = await prepared({
      "2.such.sh": [up, "SELECT 1"],
      "3.later.sh": ["SELECT 1", "SELECT 1"],
    });
    expect(await rehearse()).toMatchObject({
      outcome: "ok",
      versions: [
        { up: "skipped", down: "skipped", reason },
        { up: "skipped", reason: "2.such.sh could not be tried" },
      ],
    });
  });

  it("names the sequences that it moves", async () => {
    const { rehearse } = await prepared({
      "2.more.sh": ["INSERT INTO users (name) VALUES ('c')", "DELETE FROM users WHERE name = 'c'"],
      "3.none.sh": ["UPDATE users SET name = 'd'", "SELECT 1"],
    });
    const { versions } = await rehearse();
    expect(versions.map(({ sequences }) => sequences)).toEqual([["users_id_seq"], []]);
  });

  it("waits for a lock no longer than it may, and tries nothing after that", async () => {
    const { rehearse } = await prepared({
      "2.note.sh": ["ALTER TABLE users ADD note text", "ALTER TABLE users DROP note"],
      "3.other.sh": ["CREATE TABLE other ()", "DROP TABLE other"],
    });
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    await blocker.query("BEGIN; LOCK sh0001.users IN ROW EXCLUSIVE MODE");
    const reason = "it waited 1.5 s for a lock, and is not tried again";
    expect(await rehearse({ lockTimeoutMs: 1500 })).toMatchObject({
      outcome: "unknown",
      blockedBy: [{ user: "postgres", state: "idle in transaction" }],
      versions: [
        { version: "2.note.sh", up: "skipped", reason },
        { version: "3.other.sh", up: "skipped", reason },
      ],
    });
  });

  it("lets a statement run no longer than it may", async () => {
    const { rehearse } = await prepared({ "2.slow.sh": ["SELECT pg_sleep(100)", "SELECT 1"] });
    expect(await rehearse({ statementTimeoutMs: 300 })).toMatchObject({
      outcome: "unknown",
      versions: [{ up: "skipped", reason: "a statement took 0.3 s, and is not tried again" }],
    });
  });

  it("lets nothing that a file set reach the next, and checks what was put off", async () => {
    const { rehearse } = await prepared({
      "2.set.sh": [
        "SET LOCAL ROLE pg_monitor; SET search_path TO nowhere; CREATE TEMP TABLE users ()",
        "SELECT 1",
      ],
      "3.fk.sh": [
        "ALTER TABLE users ADD parent int REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE users DROP parent",
      ],
      "4.fill.sh": ["UPDATE users SET parent = id", "UPDATE users SET parent = NULL"],
      "5.alter.sh": ["ALTER TABLE users ADD more int", "ALTER TABLE users DROP more"],
      "6.break.sh": ["UPDATE users SET parent = 100", "SELECT 1"],
    });
    const { versions } = await rehearse();
    expect(versions.map(({ up, down }) => [up, down])).toEqual([
      ["ok", "ok"],
      ["ok", "ok"],
      ["ok", "ok"],
      ["ok", "ok"],
      ["failed", "skipped"],
    ]);
    expect(versions.at(-1)?.error?.server?.sqlState).toBe("23503");
  });

  it("judges the chosen versions, and says what the shard has", async () => {
    const { rehearse } = await prepared({
      "2.note.sh": ["ALTER TABLE users ADD note text", ""],
      "3.more.sh": ["ALTER TABLE users ADD more text", "ALTER TABLE users DROP more"],
      "4.other.zz": ["SELECT 1", "SELECT 1"],
    });
    const versions = ["3.more.sh.up.sql", "1.users.sh", "4.other.zz"];
    expect(await rehearse({ versions })).toMatchObject({
      outcome: "ok",
      versions: [
        { version: "1.users.sh", up: "skipped", reason: "the shard has it" },
        { version: "3.more.sh", up: "ok", down: "ok", restores: true },
        { version: "4.other.zz", up: "skipped", reason: "it is not for this shard" },
      ],
    });
  });

  it("does not begin while a run works on the shard, and refuses a shard that is not there", async () => {
    const { rehearse } = await prepared({ "2.slow.sh": ["SELECT 1", "SELECT 1"] });
    await expect(rehearse({ shard: "sh0003" })).rejects.toMatchObject({ code: "SHARD_UNKNOWN" });
    const client = await database.connect();
    onTestFinished(() => client.end());
    const ledger = await readShardLedger(client, "sh0001");
    await client.query(["BEGIN", ...takeShardSql(ledger as ShardLedger)].join(";\n"));
    await expect(rehearse()).rejects.toMatchObject({ code: "SHARD_TAKEN" });
  });

  it("does not begin where a run could not: where transactions are read-only", async () => {
    const { rehearse } = await prepared({ "2.more.sh": ["CREATE TABLE t ()", "DROP TABLE t"] });
    await database.query(
      `ALTER DATABASE "${database.name}" SET default_transaction_read_only TO on`,
    );
    await expect(rehearse()).rejects.toMatchObject({
      code: "NODE_NOT_WRITABLE",
      message: expect.stringContaining('Transactions of user "postgres" are read-only'),
    });
  });

  it("says that somebody keeps it from reading the shard, or ended its session", async () => {
    const { rehearse } = await prepared({ "2.slow.sh": ["SELECT pg_sleep(100)", "SELECT 1"] });
    const blocker = await database.connect();
    await blocker.query("BEGIN; LOCK sh0001.users IN ACCESS EXCLUSIVE MODE");
    await expect(rehearse({ lockTimeoutMs: 1500 })).rejects.toMatchObject({
      code: "NODE_UNREADABLE",
      message: 'The shard "sh0001" cannot be read: waited 1.5 s for a lock.',
      hint: expect.stringMatching(
        /^In its way: process \d+ \(user postgres, .*idle in transaction/,
      ),
    });
    await blocker.end();
    const ended = expect(rehearse({ statementTimeoutMs: 90_000 })).rejects.toMatchObject({
      code: "CONNECTION_LOST",
    });
    const end = () =>
      database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(100)%' AND state = 'active'",
      );
    await expect.poll(async () => (await end()).length, { timeout: 20_000 }).toBe(1);
    await ended;
  });

  it("stops what runs if it is interrupted, and leaves nothing open", async () => {
    const { rehearse } = await prepared({ "2.slow.sh": ["SELECT pg_sleep(100)", "SELECT 1"] });
    const controller = new AbortController();
    const rehearsing = rehearse({ signal: controller.signal, statementTimeoutMs: 90_000 });
    const open = () =>
      database.query(
        "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(100)%' AND state = 'active'",
      );
    await expect.poll(async () => (await open()).length, { timeout: 20_000 }).toBe(1);
    controller.abort(new Error("enough"));
    await expect(rehearsing).rejects.toThrow("enough");
    expect(await open()).toEqual([]);
  });
});
