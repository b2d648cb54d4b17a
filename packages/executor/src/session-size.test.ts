import { sendMessages } from "@pg-mig/psql-script";
import { Session, SessionPool } from "@pg-mig/sessions";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(() => cluster.stop());

const node = { name: "n", label: "n", host: "n" };

function poolAs(user = "postgres"): SessionPool {
  const sessions = new SessionPool({
    async connect() {
      const { host, port, database, password } = cluster.node;
      const client = new pg.Client({ host, port, database, user, password });
      client.on("error", () => {});
      await client.connect();
      return client;
    },
    cancel: async () => {},
  });
  onTestFinished(() => sessions.close());
  return sessions;
}

/** The process of the server that the next session has, after one that has served so long. */
async function nextAfter(sessions: SessionPool, sql = "SELECT 1") {
  const served = await sessions.acquire(node);
  await served.client.query(sql);
  served.uses = SessionPool.askSizeAfter;
  sessions.release(served);
  const next = await sessions.acquire(node);
  sessions.release(next);
  return { served, next };
}

/** Leaves much in the caches of its session: a shard for each, with its rows read. */
const readsManyShards = `DO $$ BEGIN
  FOR i IN 1..600 LOOP
    EXECUTE format('CREATE SCHEMA sh%s', i);
    EXECUTE format('CREATE TABLE sh%s.t (%s, PRIMARY KEY (c1))', i,
      (SELECT string_agg(format('c%s int DEFAULT 1 CHECK (c%1$s > 0)', n), ', ') FROM generate_series(1, 40) n));
    COMMIT;
    EXECUTE format('SELECT count(*) FROM sh%s.t', i);
    EXECUTE format('INSERT INTO sh%s.t DEFAULT VALUES', i);
  END LOOP; END $$`;

describe("a session that has run many versions", () => {
  it("is kept if the caches of its backend are small, and counts anew", async () => {
    const { served, next } = await nextAfter(poolAs());
    expect(next).toBe(served);
    expect(next.uses).toBe(0);
  });

  it.each(["COMMIT", "ROLLBACK"] as const)(
    "is asked after what %s has left is dropped",
    async (end) => {
      const sessions = poolAs();
      const served = await sessions.acquire(node);
      await served.client.query("BEGIN; SET work_mem TO '1MB'");
      if (end === "COMMIT") {
        await served.commit("droppable");
      } else {
        served.reset("droppable");
      }
      served.uses = SessionPool.askSizeAfter;
      sessions.release(served);
      const next = await sessions.acquire(node);
      expect(next).toBe(served);
      const [begun] = await Promise.all(sendMessages(next.client, ["BEGIN"]));
      expect(begun).toMatchObject({ status: "open", tags: ["BEGIN"] });
      const { rows } = await next.client.query("SHOW work_mem");
      expect(rows).toEqual([{ work_mem: "4MB" }]);
      await next.client.query("ROLLBACK");
      sessions.release(next);
    },
  );

  it("is replaced if they are large, whatever its last version left", async () => {
    const sessions = poolAs();
    const served = await sessions.acquire(node);
    await served.client.query(readsManyShards.replaceAll("sh%s", "left%s"));
    await served.client.query("BEGIN");
    await served.commit("droppable");
    served.uses = SessionPool.askSizeAfter;
    sessions.release(served);
    expect(await sessions.acquire(node)).not.toBe(served);
    expect(served.mustClose).toBe(true);
  });

  it("is replaced if they are large", async () => {
    const { served, next } = await nextAfter(poolAs(), readsManyShards);
    expect(served.mustClose).toBe(true);
    expect(next).not.toBe(served);
    expect(next.opened?.pid).not.toBe(served.opened?.pid);
  });

  it("is replaced if the role may not see that", async () => {
    const { password } = cluster.node;
    await cluster.node.query(`CREATE ROLE plain LOGIN PASSWORD '${password}'`);
    const { served, next } = await nextAfter(poolAs("plain"));
    expect(served.lost).toBe(true);
    expect(next).not.toBe(served);
    await cluster.node.query("GRANT pg_read_all_stats TO plain");
    const granted = await nextAfter(poolAs("plain"));
    // Under PostgreSQL 14 superusers alone may see it.
    expect(granted.next === granted.served).toBe(cluster.node.major > 14);
  });

  it("asks nothing of a process that a pooler lends it", async () => {
    const client = await cluster.node.connect();
    onTestFinished(() => client.end());
    const session = new Session(client, { backend: "shared" });
    session.limitSize(1);
    expect(session.isReady).toBe(true);
  });

  it("runs each version as ever, asked after each", async () => {
    const pool: { askSizeAfter: number } = SessionPool;
    vi.spyOn(pool, "askSizeAfter", "get").mockReturnValue(1);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const database = await cluster.node.createDatabase();
    onTestFinished(() => database.drop());
    const shards = Array.from({ length: 30 }, (_, n) => `sh${n}`);
    await database.query(shards.map((shard) => `CREATE SCHEMA ${shard}`).join(";"));
    const leaves = (name: string) => `CREATE TABLE ${name} (id int); CREATE INDEX ON ${name} (id)`;
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: leaves("a"), v2: "CREATE TABLE b ()", v3: leaves("c"), v4: leaves("d") },
      parallelism: 3,
    });
    expect(events.filter(({ type }) => type !== "step:start" && type !== "step:done")).toEqual([]);
    expect(events.filter(({ type }) => type === "step:done")).toHaveLength(4 * shards.length);
  });
});
