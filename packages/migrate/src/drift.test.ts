import {
  startNodes,
  startProxy,
  type TestCluster,
  type TestDatabase,
  type TestNode,
} from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { options } from "./counted-shards.test.support.js";
import { type DriftOptions, type DriftReport, drift } from "./drift.js";
import { migrationFolder } from "./migration-folder.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  // Room for few locks: one statement over all shards of a node would take them all.
  cluster = await startNodes({
    count: 3,
    settings: {
      max_locks_per_transaction: "10",
      max_connections: "20",
      autovacuum_max_workers: "1",
      max_wal_senders: "2",
      max_replication_slots: "2",
    },
  });
});

afterAll(async () => {
  await cluster?.stop();
});

const version = "20240101000000.base.sh";

/** Databases with shards that have the ledger and the objects of one version. */
async function fleet(nodes: number, shards: number): Promise<TestDatabase[]> {
  return Promise.all(
    cluster.nodes.slice(0, nodes).map(async (node) => {
      const database = await node.createDatabase();
      onTestFinished(() => database.drop());
      const client = await database.connect();
      for (let i = 0; i < shards; i += 5) {
        const some = Array.from({ length: Math.min(5, shards - i) }, (_, j) => nameOf(i + j));
        await client.query(some.map((shard) => shardSql(shard)).join(";\n"));
      }
      await client.end();
      return database;
    }),
  );
}

const nameOf = (i: number) => `sh${String(i).padStart(4, "0")}`;

function shardSql(shard: string, versions: readonly string[] = [version]): string {
  return `CREATE SCHEMA ${shard}; SET search_path TO ${shard};
    CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, size int);
    CREATE TABLE posts (id int PRIMARY KEY, owner int REFERENCES users);
    CREATE INDEX users_name ON users (name);
    CREATE VIEW both_of AS SELECT users.id, posts.owner FROM users JOIN posts ON posts.owner = users.id;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT
      AS $$ SELECT '${JSON.stringify(versions)}'; $$`;
}

async function driftOf(
  databases: readonly { readonly url: string }[],
  given: Partial<DriftOptions> = {},
) {
  const folder = await migrationFolder({ [version]: "SELECT 1" });
  return drift({ ...options(databases, folder), ...given });
}

/** Each difference as a line. */
function told({ groups }: DriftReport): string[] {
  return groups.flatMap(({ differences }) =>
    differences.map(
      ({ what, kind, path, shards }) =>
        `${what} ${kind} ${path}: ${shards.map(({ shard }) => shard).join()}`,
    ),
  );
}

/** What makes the shards of `fleet`, in two versions, and a third that they do not have. */
const files = {
  "before.sql": "CREATE TABLE public.shared (id int PRIMARY KEY);",
  "20230101000000.first.sh": "CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL);",
  [version]: `\\set c size
    ALTER TABLE users ADD :c int;
    CREATE TABLE posts (id int PRIMARY KEY, owner int REFERENCES users);
    CREATE INDEX users_name ON users (name);
    CREATE VIEW both_of AS SELECT users.id, posts.owner FROM users JOIN posts ON posts.owner = users.id;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';`,
  "20250101000000.later.sh": "CREATE TABLE later ();",
};

async function driftFromFiles(databases: readonly TestDatabase[], scratch: string) {
  return drift({
    ...options(databases, await migrationFolder(files)),
    ...{ against: { from: "files" }, scratch },
  });
}

describe("drift from the files", () => {
  const both = ["20230101000000.first.sh", version];

  it("finds a fleet that is wrong everywhere, each version by itself", async () => {
    const [node] = cluster.nodes as readonly [TestNode];
    const database = await node.createDatabase();
    onTestFinished(() => database.drop());
    for (const shard of ["sh0001", "sh0002", "sh0003"]) {
      await database.query(shardSql(shard, both));
    }
    await database.query(`CREATE SCHEMA sh0004; SET search_path TO sh0004;
      CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL);
      CREATE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT
        AS $$ SELECT '["20230101000000.first.sh"]'; $$; CREATE SCHEMA sh0005`);
    const good = await driftFromFiles([database], node.url);
    expect(good).toMatchObject({
      ...{ outcome: "alike", shards: 5, unread: [] },
      groups: [
        { version: undefined, reference: { from: "files", shards: 1 } },
        { version: "20230101000000.first.sh", reference: { from: "files", shards: 1 } },
        { version, reference: { from: "files", shards: 3 } },
      ],
    });
    await database.query(`DROP INDEX sh0001.users_name; DROP INDEX sh0002.users_name;
      DROP INDEX sh0003.users_name; ALTER TABLE sh0004.users ADD extra int; CREATE TABLE sh0005.stray ()`);
    const bad = await driftFromFiles([database], node.url);
    expect(bad.outcome).toBe("drift");
    expect(told(bad)).toEqual([
      "extra table stray: sh0005",
      "extra column users.extra: sh0004",
      "differs column order users: sh0004",
      "missing index users_name: sh0001,sh0002,sh0003",
    ]);
    expect(bad.groups.at(-1)?.reference).toEqual({ from: "files", shards: 0 });
    const left = "SELECT FROM pg_database WHERE datname LIKE 'pg\\_mig\\_scratch%'";
    expect(await database.query(left)).toEqual([]);
  });

  it("cannot tell for a ledger that does not fit the files", async () => {
    const [database] = (await fleet(1, 2)) as [TestDatabase];
    const [node] = cluster.nodes as readonly [TestNode];
    expect(await driftFromFiles([database], node.url)).toMatchObject({
      ...{ outcome: "unknown", shards: 0, groups: [] },
      unread: [
        { shard: "sh0000", reason: "its ledger does not fit the files" },
        { shard: "sh0001", reason: "its ledger does not fit the files" },
      ],
    });
  });

  it("cannot tell from a server that prints definitions otherwise", async () => {
    const [node] = cluster.nodes as readonly [TestNode];
    const [major, scratch, family] =
      node.major < 16 ? [18, "16-18", "14-15"] : [15, "14-15", "16-18"];
    await using other = await startNodes({ major });
    const database = await node.createDatabase();
    onTestFinished(() => database.drop());
    await database.query(shardSql("sh0001", both));
    const reason = `PostgreSQL ${family} prints definitions differently from the scratch server, which is of ${scratch}; for such shards, let the setting \`scratch\` name a server of ${family}`;
    expect(await driftFromFiles([database], other.node.url)).toMatchObject({
      outcome: "unknown",
      unread: [{ shard: "sh0001", reason }],
    });
  });
});

describe("drift", () => {
  it("takes alike shards for alike", async () => {
    const databases = await fleet(2, 3);
    const report = await driftOf(databases);
    expect(report).toEqual({
      outcome: "alike",
      addresses: databases
        .map(({ name }, i) => `127.0.0.1:${cluster.nodes[i]?.port}/${name}`)
        .sort(),
      shards: 6,
      groups: [
        {
          prefix: "sh",
          version,
          shards: 6,
          reference: { from: "majority", shards: 6 },
          differences: [],
        },
      ],
      unread: [],
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("tells a difference once, with all shards that have it, and both definitions", async () => {
    const [database] = await fleet(1, 7);
    await database?.query(`DROP INDEX sh0001.users_name; DROP INDEX sh0004.users_name;
      ALTER TABLE sh0002.users ALTER size TYPE bigint`);
    const report = await driftOf([database as TestDatabase]);
    const node = "127.0.0.1";
    expect(report).toMatchObject({ outcome: "drift", shards: 7, unread: [] });
    expect(report.groups).toEqual([
      {
        prefix: "sh",
        version,
        shards: 7,
        reference: { from: "majority", shards: 4 },
        differences: [
          {
            kind: "column",
            path: "users.size",
            what: "differs",
            expected: "integer",
            found: "bigint",
            shards: [{ node, shard: "sh0002" }],
          },
          {
            kind: "index",
            path: "users_name",
            what: "missing",
            expected: "CREATE INDEX users_name ON <shard>.users USING btree (name)",
            shards: [
              { node, shard: "sh0001" },
              { node, shard: "sh0004" },
            ],
          },
        ],
      },
    ]);
  });

  it("calls no shape right that less than half of the shards have", async () => {
    const [database] = await fleet(1, 4);
    await database?.query(`ALTER TABLE sh0002.users ALTER size TYPE bigint; ALTER TABLE sh0003.users ALTER size TYPE bigint;
      DROP VIEW sh0003.both_of; ALTER TABLE sh0001.users DROP size`);
    const report = await driftOf([database as TestDatabase]);
    expect(report.outcome).toBe("drift");
    expect(report.groups[0]?.reference).toBeNull();
    expect(told(report)).toEqual([
      "differs column users.size: sh0002,sh0003",
      "missing column users.size: sh0001",
      "differs column users.size: sh0000",
      "differs column order users: sh0000,sh0002,sh0003",
      "differs column order users: sh0001",
      "differs view both_of: sh0000,sh0001,sh0002",
      "missing view both_of: sh0003",
    ]);
  });

  it("compares with a shard that is named", async () => {
    const [database] = await fleet(1, 3);
    await database?.query("CREATE TABLE sh0001.extra ()");
    const databases = [database as TestDatabase];
    const against = { from: "shard", shard: "sh0001" } as const;
    const report = await driftOf(databases, { against });
    expect(report.groups[0]?.reference).toEqual({ from: "shard", shards: 1 });
    expect(told(report)).toEqual(["missing table extra: sh0000,sh0002"]);
    await expect(
      driftOf(databases, { against: { from: "shard", shard: "sh0009" } }),
    ).rejects.toMatchObject({ code: "SHARD_UNKNOWN" });
  });

  it("compares only shards of one prefix that have the same versions", async () => {
    const [database] = await fleet(1, 2);
    await database?.query(`CREATE SCHEMA sh0002; CREATE SCHEMA sharding; CREATE SCHEMA sh0003; CREATE TABLE sh0003.t ();
      ${shardSql("other1", ["20240101000000.x.other", "20240101000001.y.other"])}; DROP VIEW other1.both_of;
      ${shardSql("sh0004", [version, "20240101000001.more.sh"])}; CREATE TABLE sh0004.more ()`);
    const report = await driftOf([database as TestDatabase]);
    expect(report.groups.map(({ prefix, version: v, shards }) => [prefix, v, shards])).toEqual([
      ["other", "20240101000001.y.other", 1],
      ["sh", undefined, 2],
      ["sh", version, 2],
      ["sh", "20240101000001.more.sh", 1],
    ]);
    expect(told(report)).toEqual(["differs table t: sh0003", "missing table t: sh0002"]);
  });

  it("leaves out what is to be ignored, and counts access only if it is asked for", async () => {
    const [database] = await fleet(1, 5);
    const databases = [database as TestDatabase];
    await database?.query(`DROP INDEX sh0001.users_name; COMMENT ON TABLE sh0002.users IS 'x';
      GRANT SELECT ON sh0003.users TO PUBLIC`);
    const ignore = [{ kind: "comment" }, { kind: "index", path: "users_name" }];
    expect(await driftOf(databases, { ignore })).toMatchObject({
      outcome: "alike",
      groups: [{ reference: { shards: 5 } }],
    });
    expect(told(await driftOf(databases, { ignore, access: "yes" }))).toEqual([
      "differs access relation users: sh0003",
    ]);
    expect(told(await driftOf(databases, { ignore: [{ kind: "index", path: "users" }] }))).toEqual([
      "extra comment table users: sh0002",
      "missing index users_name: sh0001",
    ]);
  });

  it("names a shard that it cannot read with who blocks it, and knows no outcome then", async () => {
    const [database] = await fleet(1, 4);
    await database?.query("DROP INDEX sh0003.users_name");
    const other = await (database as TestDatabase).connect();
    onTestFinished(() => other.end());
    await other.query("SET application_name TO 'vacuum cleaner'; BEGIN; LOCK TABLE sh0001.users");
    const { rows } = await other.query("SELECT pg_backend_pid() AS pid");
    const report = await driftOf([database as TestDatabase], { lockTimeoutMs: 600 });
    expect(report).toMatchObject({
      outcome: "unknown",
      shards: 3,
      unread: [
        {
          shard: "sh0001",
          reason: "waited 0.6 s for a lock",
          blockedBy: [{ pid: rows[0].pid, application: "vacuum cleaner" }],
        },
      ],
    });
    expect(told(report)).toEqual(["missing index users_name: sh0003"]);
  });

  it("names the shards of a node that goes away, and compares the others", async () => {
    const [here, away] = await fleet(2, 3);
    const proxy = await startProxy(away as TestDatabase);
    onTestFinished(() => proxy.stop());
    const fault = proxy.inject({ sql: /pg_rewrite/, at: "request", action: "cut" });
    fault.hit.then(() => proxy.isolate());
    const report = await driftOf([here as TestDatabase, proxy]);
    expect(report).toMatchObject({ outcome: "unknown", shards: 3, groups: [{ shards: 3 }] });
    expect(report.unread.map(({ shard }) => shard)).toEqual(["sh0000", "sh0001", "sh0002"]);
  });

  it("does not compare a shard whose ledger changes meanwhile", async () => {
    const [database] = await fleet(1, 3);
    const proxy = await startProxy(database as TestDatabase);
    onTestFinished(() => proxy.stop());
    const fault = proxy.inject({ sql: /pg_rewrite/, at: "request", action: "freeze" });
    fault.hit.then(async () => {
      await database?.query(`CREATE TABLE sh0001.more (); CREATE OR REPLACE FUNCTION sh0001.mig_versions_const()
        RETURNS text LANGUAGE sql AS $$ SELECT '["${version}","20240101000001.more.sh"]'; $$`);
      fault.cancel();
      proxy.thaw();
    });
    expect(await driftOf([proxy])).toMatchObject({
      outcome: "unknown",
      shards: 2,
      groups: [{ differences: [] }],
      unread: [{ shard: "sh0001", reason: "its ledger changed meanwhile" }],
    });
  });

  it("reads more shards than the server has locks for, and leaves room for others", async () => {
    const [database] = (await fleet(1, 50)) as [TestDatabase];
    const databases = [database];
    const tables = Array.from({ length: 15 }, (_, i) => `t${i}`);
    const client = await database.connect();
    for (let i = 0; i < 50; i++) {
      await client.query(`SET search_path TO ${nameOf(i)};
        ${tables.map((table) => `CREATE TABLE ${table} (id int);`).join("")}
        CREATE VIEW all_of AS ${tables.map((table) => `SELECT id FROM ${table}`).join(" UNION ALL ")}`);
    }
    await client.end();
    await expect(
      database.query("SELECT pg_get_viewdef(oid) FROM pg_class WHERE relname = 'all_of'"),
    ).rejects.toMatchObject({ code: "53200" });
    expect(await driftOf(databases)).toMatchObject({ outcome: "alike", shards: 50 });
  });

  it("raises no alarm between servers that print views differently, and none within a family", async () => {
    const databases = await Promise.all(
      [14, 15, 16, 18].map(async (major) => {
        const other = await startNodes({ major });
        onTestFinished(() => other.stop());
        const database = await other.node.createDatabase();
        await database.query(shardSql("sh0000"));
        await database.query("CREATE VIEW sh0000.short AS SELECT id, size FROM sh0000.users");
        return database;
      }),
    );
    const report = await driftOf(databases);
    expect(report).toMatchObject({ outcome: "alike", shards: 4 });
    expect(report.groups.map(({ shards }) => shards)).toEqual([2, 2]);
  });

  it("finds every planted change of a fleet, and names no other shard", async () => {
    const databases = await fleet(3, 200);
    const changes = [
      ["missing index users_name", "DROP INDEX users_name"],
      ["differs column users.name", "ALTER TABLE users ALTER name DROP NOT NULL"],
      [
        "missing constraint posts.posts_owner_fkey",
        "ALTER TABLE posts DROP CONSTRAINT posts_owner_fkey",
      ],
      [
        "differs function f()",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
      ],
      ["extra table stray", "CREATE TABLE stray (id int)"],
      ["missing view both_of", "DROP VIEW both_of"],
      ["extra index posts_owner", "CREATE INDEX posts_owner ON posts (owner)"],
      ["extra comment table posts", "COMMENT ON TABLE posts IS 'x'"],
      ["differs sequence users_id_seq", "ALTER SEQUENCE users_id_seq CYCLE"],
      ["extra trigger posts.posts_owner_fkey", "ALTER TABLE posts DISABLE TRIGGER ALL"],
      ["differs column users.size", "ALTER TABLE users ALTER size TYPE bigint"],
      ["differs column posts.owner", "ALTER TABLE posts ALTER owner SET DEFAULT 1"],
      [
        "extra constraint users.positive",
        "ALTER TABLE users ADD CONSTRAINT positive CHECK (size > 0)",
      ],
      ["differs table users", "ALTER TABLE users SET (fillfactor = 50)"],
      ["differs table posts", "ALTER TABLE posts ENABLE ROW LEVEL SECURITY"],
      [
        "differs index users_name",
        "DROP INDEX users_name; CREATE INDEX users_name ON users (lower(name))",
      ],
      ["extra enum mood", "CREATE TYPE mood AS ENUM ('sad')"],
      [
        "extra function g(i integer)",
        "CREATE FUNCTION g(i int) RETURNS int LANGUAGE sql AS 'SELECT i'",
      ],
      ["extra policy posts.all_of_it", "CREATE POLICY all_of_it ON posts"],
      [
        "differs view both_of",
        "CREATE OR REPLACE VIEW both_of WITH (security_barrier) AS SELECT users.id, posts.owner FROM users JOIN posts ON posts.owner = users.id",
      ],
    ];
    const planted = new Map<string, Set<string>>();
    for (let i = 0; i < 40; i++) {
      const [name = "", sql] = changes[i % changes.length] ?? [];
      const [node, shard] = [i % 3, nameOf((i * 7) % 200)];
      const { label } = { label: `${node}` };
      await databases[node]?.query(`SET search_path TO ${shard}; ${sql}`);
      planted.set(name, (planted.get(name) ?? new Set()).add(`${label} ${shard}`));
    }
    const report = await driftOf(databases);
    const labels = new Map(databases.map(({ port }, i) => [String(port), `${i}`]));
    const found = new Map<string, Set<string>>();
    for (const { what, kind, path, shards } of report.groups[0]?.differences ?? []) {
      const name = `${what} ${kind} ${path}`.replace(/(posts_owner_fkey) .*/, "$1");
      const set = found.get(name) ?? new Set();
      for (const { node, shard } of shards) {
        set.add(`${labels.get(/:(\d+)/.exec(node)?.[1] ?? "")} ${shard}`);
      }
      found.set(name, set);
    }
    const sortedSets = (map: Map<string, Set<string>>) =>
      [...map].map(([name, set]) => [name, [...set].sort()]).sort();
    expect(sortedSets(found)).toEqual(sortedSets(planted));
    expect(report.groups[0]?.reference).toEqual({ from: "majority", shards: 560 });
  });
});
