import { hosts, parseChoice } from "@pg-mig/cluster";
import { readShardLedger, type ShardLedger, takeShardSql } from "@pg-mig/ledger";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type AdoptOptions, adopt } from "./adopt.js";
import { apply } from "./apply.js";
import { ledgerOf, options } from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import { status } from "./status.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes({ count: 2 });
});
afterAll(async () => {
  await cluster?.stop();
});

/** So many versions; every tenth makes a table, the others a column. */
/** Each leaves another shape, and few of them a larger one: to read all of them takes as long as all are large. */
function manyVersions(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${20240101000000 + i}.step.sh`,
      i % 10 === 0
        ? `CREATE TABLE t${i} (id int PRIMARY KEY);`
        : `ALTER TABLE t${i - (i % 10)} ALTER id SET DEFAULT ${i};`,
    ]),
  );
}

const names = (files: Readonly<Record<string, string>>) =>
  Object.keys(files).filter((name) => !name.endsWith(".sql"));

/** A shard with what the first versions make, and no ledger. */
async function oldShard(
  database: TestDatabase,
  shard: string,
  files: Readonly<Record<string, string>>,
  upTo: number,
): Promise<void> {
  const sql = names(files)
    .slice(0, upTo)
    .map((name) => files[name]);
  await database.query(
    [`CREATE SCHEMA ${shard}`, `SET search_path TO ${shard}`, ...sql].join(";\n"),
  );
}

async function fleet(files: Readonly<Record<string, string>>) {
  const databases = await Promise.all(cluster.nodes.map((node) => node.createDatabase()));
  for (const database of databases) {
    onTestFinished(() => database.drop());
  }
  const base = options(databases, await migrationFolder(files));
  return {
    databases: databases as [TestDatabase, TestDatabase],
    base,
    adoptAll: (more: Partial<AdoptOptions> = {}) =>
      adopt({ ...base, scratch: cluster.node.url, ...more }),
  };
}

const hasLedger = async (database: TestDatabase, shard: string) =>
  (
    await database.query(
      `SELECT FROM pg_proc WHERE proname = 'mig_versions_const' AND pronamespace = '${shard}'::regnamespace`,
    )
  ).length === 1;

describe("adopt", () => {
  it("gives each of a fleet in several states its own version, out of 200", async () => {
    const files = manyVersions(200);
    const all = names(files);
    const { databases, base, adoptAll } = await fleet(files);
    const [one, two] = databases;
    await oldShard(one, "sh0001", files, 200);
    await oldShard(two, "sh0002", files, 200);
    await oldShard(one, "sh0003", files, 137);
    await oldShard(two, "sh0004", files, 138);
    await oldShard(two, "sh0005", files, 0);
    await oldShard(one, "sh0006", files, 138);
    await one.query("CREATE INDEX stray ON sh0006.t130 (id)");
    await oldShard(one, "other", files, 1);
    const report = await adoptAll();
    const [nodeOne, nodeTwo] = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
    expect(report).toMatchObject({
      ...{ outcome: "failed", shards: 6, empty: 1, ambiguous: [], unread: [], failed: [] },
      unfit: [
        {
          ...{ prefix: "sh", nearest: all[137], shards: [{ node: nodeOne, shard: "sh0006" }] },
          differences: [{ kind: "index", path: "stray", what: "extra" }],
        },
      ],
    });
    expect(new Set(report.adopted)).toEqual(
      new Set([
        {
          ...{ prefix: "sh", version: all[199], by: "shape" },
          shards: expect.arrayContaining([
            { node: nodeOne, shard: "sh0001" },
            { node: nodeTwo, shard: "sh0002" },
          ]),
        },
        {
          ...{ prefix: "sh", version: all[136], by: "shape" },
          shards: [{ node: nodeOne, shard: "sh0003" }],
        },
        {
          ...{ prefix: "sh", version: all[137], by: "shape" },
          shards: [{ node: nodeTwo, shard: "sh0004" }],
        },
      ]),
    );
    expect(await ledgerOf(one, "sh0001")).toEqual(all);
    expect(await ledgerOf(one, "sh0003")).toEqual(all.slice(0, 137));
    expect(await ledgerOf(two, "sh0004")).toEqual(all.slice(0, 138));
    expect(await hasLedger(two, "sh0005")).toBe(false);
    expect(await hasLedger(one, "sh0006")).toBe(false);
    await one.query("DROP INDEX sh0006.stray");
    expect(await adoptAll()).toMatchObject({ outcome: "ok", shards: 2, empty: 1 });
    // The fleet goes on from there.
    expect(await apply(base).result).toMatchObject({ outcome: "done" });
    const { nodes } = await status(base);
    expect(nodes.flatMap(({ shards }) => shards.map(({ latest }) => latest))).toEqual(
      Array(6).fill(all[199]),
    );
  }, 120_000);

  const few = {
    "1.users.sh": "CREATE TABLE users (id int);",
    "2.rows.sh": "INSERT INTO users VALUES (1);",
    "3.more.sh": "ALTER TABLE users ADD more text;",
  };

  it("cannot tell versions apart that leave one shape, and takes somebody's word for named shards", async () => {
    const { databases, adoptAll } = await fleet(few);
    const [one] = databases;
    await oldShard(one, "sh0001", few, 2);
    await oldShard(one, "sh0002", few, 1);
    await one.query("CREATE SCHEMA sh0003; CREATE TABLE sh0003.quite_another ()");
    await oldShard(one, "sh0004", few, 3);
    const report = await adoptAll({ purpose: "dry" });
    expect(report).toMatchObject({
      outcome: "failed",
      adopted: [{ version: "3.more.sh", shards: [{ shard: "sh0004" }] }],
      ambiguous: [
        {
          versions: ["1.users.sh", "2.rows.sh"],
          shards: [{ shard: "sh0001" }, { shard: "sh0002" }],
        },
      ],
      unfit: [{ shards: [{ shard: "sh0003" }] }],
    });
    expect(await hasLedger(one, "sh0004")).toBe(false);
    for (const choice of [undefined, parseChoice(["shard=sh0001", "host=127.0.0.1"])]) {
      const only = choice && { choice };
      const refused = adoptAll({ as: "2.rows.sh", only });
      await expect(refused).rejects.toMatchObject({ code: "ADOPT_UNNAMED" });
    }
    await expect(
      adoptAll({ as: "2.rows.sh", only: { choice: parseChoice(["shard=sh0004"]) } }),
    ).rejects.toMatchObject({ code: "ADOPT_CONTRADICTED" });
    const only = { choice: parseChoice(["shard=sh0001", "shard=sh0003"]) };
    expect(await adoptAll({ as: "2.rows.sh", only })).toMatchObject({
      outcome: "ok",
      adopted: [{ version: "2.rows.sh", by: "insisted", shards: [{}, {}] }],
    });
    expect(await ledgerOf(one, "sh0001")).toEqual(["1.users.sh", "2.rows.sh"]);
    expect(await ledgerOf(one, "sh0003")).toEqual(["1.users.sh", "2.rows.sh"]);
    expect(await hasLedger(one, "sh0002")).toBe(false);
  });

  it("never touches a shard that has a ledger, or gets one meanwhile", async () => {
    const { databases, adoptAll, base } = await fleet(few);
    const [one] = databases;
    await oldShard(one, "sh0001", few, 0);
    await apply(base).result;
    await one.query("DROP TABLE sh0001.users; CREATE TABLE sh0001.users (id int)");
    const before = await ledgerOf(one, "sh0001");
    expect(await adoptAll()).toMatchObject({ outcome: "ok", shards: 0, adopted: [] });
    expect(await ledgerOf(one, "sh0001")).toEqual(before);

    await oldShard(one, "sh0002", few, 3);
    const client = await one.connect();
    onTestFinished(() => client.end());
    const ledger = (await readShardLedger(client, "sh0002")) as ShardLedger;
    await client.query(["BEGIN", ...takeShardSql(ledger)].join(";\n"));
    expect(await adoptAll()).toMatchObject({
      ...{ outcome: "unknown", adopted: [] },
      failed: [{ shard: "sh0002", error: { code: "SHARD_TAKEN" } }],
    });
    await client.query("ROLLBACK");
    expect(await adoptAll()).toMatchObject({
      ...{ outcome: "ok", adopted: [{ version: "3.more.sh" }] },
    });
  });

  it("gives nothing to a shard that somebody changes while the files run", async () => {
    const slow = { ...few, "3.more.sh": "ALTER TABLE users ADD more text; SELECT pg_sleep(2);" };
    const { databases, adoptAll } = await fleet(slow);
    const [one] = databases;
    await oldShard(one, "sh0001", few, 3);
    await oldShard(one, "sh0002", few, 3);
    await oldShard(one, "sh0003", few, 3);
    const adopting = adoptAll();
    const sleeping = () =>
      cluster.node.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    await expect.poll(async () => (await sleeping()).length, { timeout: 30_000 }).toBe(1);
    await one.query("ALTER TABLE sh0001.users DROP more; DROP SCHEMA sh0002 CASCADE");
    expect(await adopting).toMatchObject({
      outcome: "unknown",
      adopted: [{ version: "3.more.sh", shards: [{ shard: "sh0003" }] }],
      unread: [
        { shard: "sh0001", reason: "it has changed since it was read" },
        { shard: "sh0002", reason: "it is gone" },
      ],
    });
    expect(await hasLedger(one, "sh0001")).toBe(false);
  });

  it("refuses with all that the user may not write, and changes nothing", async () => {
    const { databases, base } = await fleet(few);
    const [one] = databases;
    await oldShard(one, "sh0001", few, 3);
    await oldShard(one, "sh0002", few, 3);
    await one.query(
      "CREATE ROLE adopter LOGIN PASSWORD 'a'; GRANT ALL ON SCHEMA sh0001 TO adopter",
    );
    onTestFinished(() => one.query("DROP OWNED BY adopter; DROP ROLE adopter").then(() => {}));
    const url = one.url.replace(/\/\/.*@/, "//adopter:a@");
    const adopting = adopt({ ...base, sources: [hosts(url)], scratch: cluster.node.url });
    await expect(adopting).rejects.toMatchObject({
      code: "NODE_NOT_WRITABLE",
      message: expect.stringContaining("lacks USAGE, CREATE on the schema sh0002"),
    });
    expect(await hasLedger(one, "sh0001")).toBe(false);
  });

  it("fails with the version that does not work from nothing, and changes nothing", async () => {
    const bad = { ...few, "2.rows.sh": "INSERT INTO userz VALUES (1);" };
    const { databases, adoptAll } = await fleet(bad);
    await oldShard(databases[0], "sh0001", few, 3);
    await expect(adoptAll()).rejects.toMatchObject({
      message: expect.stringContaining("2.rows.sh"),
    });
    expect(await hasLedger(databases[0], "sh0001")).toBe(false);
    await expect(adoptAll({ scratch: "" })).rejects.toMatchObject({ code: "SCRATCH_MISSING" });
  });
});
