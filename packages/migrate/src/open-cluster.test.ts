import { hosts } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/report";
import { openCluster } from "@pg-mig/sessions";
import { startProxy } from "@pg-mig/testkit";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { shardedCluster } from "./counted-shards.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

describe("a node that goes away before a run has begun", { timeout: 30_000 }, () => {
  async function lockedCluster(retryForMs: number, role?: string) {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    if (role !== undefined) {
      await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
      onTestFinished(async () => {
        await database.query(`DROP ROLE ${role}`);
      });
    }
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    const url = new URL(proxy.url);
    if (role !== undefined) {
      url.username = url.password = role;
    }
    const events: RunEvent[] = [];
    const waiting = new Set<() => void>();
    const cluster = await openCluster({
      action: "apply",
      sources: [hosts([url.href])],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      signal: new AbortController().signal,
      retryForMs,
      onNote: () => {},
      emit: (event) => {
        events.push(event);
        for (const wake of waiting) {
          wake();
        }
      },
    });
    onTestFinished(() => cluster.close());
    await cluster.lock({ waitMs: 0, allowPooler: false });
    const away = new Promise<void>((resolve) => waiting.add(resolve));
    return { cluster, database, proxy, events, away };
  }

  it("is told at once while its ledgers are read again, and told to be back", async () => {
    const { cluster, proxy, events, away } = await lockedCluster(600_000);
    proxy.isolate();
    const reading = cluster.readLedgers();
    await away;
    expect(events).toMatchObject([
      { type: "node:away", leftMs: 60_000, error: { code: "NODE_UNREACHABLE" } },
    ]);
    proxy.restore();
    const [open] = await reading;
    expect(open?.shards).toHaveLength(4 + 1);
    expect(events.map(({ type }) => type)).toEqual(["node:away", "node:back"]);
  });

  it("is waited for no longer than versions are tried again", async () => {
    const { cluster, proxy, events } = await lockedCluster(300);
    proxy.isolate();
    await expect(cluster.readLedgers()).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(events).toMatchObject([{ type: "node:away", leftMs: 300 }, { type: "node:lost" }]);
  });

  it("is told at once as well if strangers have taken all of its connections", async () => {
    const { cluster, database, events, away } = await lockedCluster(600_000, "few");
    const strangers = [];
    const url = new URL(database.url);
    url.username = url.password = "few";
    // Whatever the run itself has open: the strangers take the rest, and what is freed.
    await database.query("ALTER ROLE few CONNECTION LIMIT 4");
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity a WHERE usename = 'few'
       AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'advisory')`,
    );
    for (;;) {
      const client = new pg.Client({ connectionString: url.href });
      client.on("error", () => {});
      try {
        await client.connect();
        strangers.push(client);
      } catch {
        break;
      }
    }
    const reading = cluster.readLedgers();
    await away;
    expect(events).toMatchObject([
      {
        type: "node:away",
        error: {
          code: "TOO_MANY_CONNECTIONS",
          hint: expect.stringContaining('ALTER ROLE "few" CONNECTION LIMIT'),
        },
      },
    ]);
    await Promise.all(strangers.map((client) => client.end()));
    await reading;
    expect(events.map(({ type }) => type)).toEqual(["node:away", "node:back"]);
  });

  it("is told though nobody needs it, and told to be back", async () => {
    const { proxy, events, away } = await lockedCluster(600_000);
    proxy.isolate();
    await away;
    expect(events).toMatchObject([
      { type: "node:away", leftMs: 60_000, error: { code: "NODE_UNREACHABLE" } },
    ]);
    proxy.restore();
    await expect
      .poll(() => events.map(({ type }) => type), { timeout: 20_000 })
      .toEqual(["node:away", "node:back"]);
  });

  it("has none of its connections left once they lead to an old primary: of sessions, and others", async () => {
    const { cluster } = await lockedCluster(600_000);
    const { sessions, nodes } = cluster;
    const [{ node }] = nodes as [(typeof nodes)[0] & object];
    const used = await sessions.acquire(node);
    const idle = await sessions.acquire(node);
    sessions.release(idle);
    const other = await sessions.connect(node);
    sessions.destroyAll(node);
    for (const { client } of [used, idle, { client: other }]) {
      await expect(client.query("SELECT")).rejects.toThrow(/connection|not queryable/i);
    }
    sessions.release(used);
  });
});
