import { describe, expect, it } from "vitest";
import { startNodes } from "./start-nodes.js";
import { startProxy } from "./test-proxy.js";

describe("TestReplica", () => {
  it.each([14, 18])("follows its primary and takes over (PostgreSQL %i)", async (major) => {
    await using cluster = await startNodes({ major });
    const { node } = cluster;
    await node.query("CREATE TABLE event AS SELECT 'before' AS word");
    const replica = await cluster.startReplica();
    await node.query("INSERT INTO event VALUES ('after')");
    await replica.catchUp();
    const words = "SELECT word FROM event ORDER BY word";
    expect(await replica.query(words)).toEqual([{ word: "after" }, { word: "before" }]);
    await expect(replica.query("DELETE FROM event")).rejects.toMatchObject({ code: "25006" });

    await node.kill();
    await replica.promote();
    await replica.query("INSERT INTO event VALUES ('failover')");
    expect(await replica.query(words)).toHaveLength(3);
  });

  it("is copied whole while the primary is written to", async () => {
    await using cluster = await startNodes();
    const database = await cluster.node.createDatabase({ name: "busy" });
    const writer = await database.connect();
    let tables = 0;
    let writing = true;
    const written = (async () => {
      for (; writing; tables++) {
        await writer.query(`CREATE TABLE t${tables} AS SELECT generate_series(1, 50) AS n`);
        if (tables % 3 === 2) {
          await writer.query(`DROP TABLE t${tables - 2}`);
        }
      }
    })();
    const replica = await cluster.startReplica();
    writing = false;
    await written;
    await writer.end();
    await replica.catchUp();
    const client = await replica.connect("busy");
    const list = "SELECT relname FROM pg_class WHERE relname ~ '^t[0-9]+$' ORDER BY 1";
    const { rows: found } = await client.query<{ relname: string }>(list);
    expect(found).toEqual(await database.query(list));
    for (const { relname } of found) {
      const { rows } = await client.query(`SELECT count(*)::int AS count FROM ${relname}`);
      expect(rows).toEqual([{ count: 50 }]);
    }
    await client.end();
  });

  it("lags behind while its network is frozen", async () => {
    await using cluster = await startNodes();
    await using proxy = await startProxy(cluster.node);
    const replica = await cluster.startReplica({ through: proxy });
    await replica.catchUp();
    proxy.freeze();
    await cluster.node.query("CREATE TABLE late ()");
    const exists = "SELECT to_regclass('late') IS NOT NULL AS yes";
    expect(await replica.query(exists)).toEqual([{ yes: false }]);
    proxy.thaw();
    await replica.catchUp();
    expect(await replica.query(exists)).toEqual([{ yes: true }]);
  });

  it("can be waited for by the primary's commits", async () => {
    await using cluster = await startNodes();
    const { node } = cluster;
    const replica = await cluster.startReplica();
    await node.query(`ALTER SYSTEM SET synchronous_standby_names = '${replica.name}'`);
    await node.query("SELECT pg_reload_conf()");
    const state = "SELECT sync_state FROM pg_stat_replication";
    await expect.poll(() => node.query(state)).toEqual([{ sync_state: "sync" }]);
    await node.query("CREATE TABLE safe ()");
    expect(await replica.query("SELECT pg_last_wal_receive_lsn() IS NOT NULL AS yes")).toEqual([
      { yes: true },
    ]);
  });

  it("is one of several, of the node that is asked for", async () => {
    await using cluster = await startNodes({ count: 2 });
    const [first, second] = cluster.nodes;
    const replicas = await Promise.all([
      cluster.startReplica(),
      cluster.startReplica({ of: second }),
      cluster.startReplica({ of: second }),
    ]);
    expect(replicas.map(({ primary }) => primary)).toEqual([first, second, second]);
    const identifier = "SELECT system_identifier::text FROM pg_control_system()";
    for (const replica of replicas) {
      expect(await replica.query(identifier)).toEqual(await replica.primary.query(identifier));
    }
  });
});
