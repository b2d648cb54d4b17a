import { once } from "node:events";
import { createServer } from "node:http";
import { type DiscoverySource, hosts } from "@pg-mig/cluster";
import { patroni } from "@pg-mig/discovery-patroni";
import type { RunEvent } from "@pg-mig/report";
import { startNodes, startProxy, type TestCluster, type TestNode } from "@pg-mig/testkit";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";

const slow = { timeout: 120_000 };
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await startNodes({ count: 2 });
  await cluster.node.query("CREATE SCHEMA sh1; CREATE SCHEMA sh2");
}, 120_000);

afterEach(() => cluster.stop());

/** A Patroni scope "shop": its REST endpoint, and the source that asks it. */
async function scope(first: TestNode) {
  let leader = first;
  const server = createServer((_, response) => {
    const members = [{ name: "pg", role: "leader", host: leader.host, port: leader.port }];
    response.end(JSON.stringify({ scope: "shop", members }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  const { user, password, database } = first;
  return {
    source: patroni({
      scopes: { shop: `http://127.0.0.1:${address.port}` },
      node: { user, password, database },
    }),
    moveTo: (node: TestNode) => {
      leader = node;
    },
  };
}

/** Three versions, the second of which does not come to an end on the given node. */
async function optionsFor(source: DiscoverySource, stuckOn: TestNode): Promise<ApplyOptions> {
  return {
    sources: [source],
    defaults: { port: 5432, user: "postgres", sslMode: "disable" },
    migrationDirectory: await migrationFolder({
      "20240101000000.first.sh": "CREATE TABLE t1();",
      "20240101000001.second.sh": `SELECT pg_sleep(3600) WHERE inet_server_port() = ${stuckOn.port}; CREATE TABLE t2();`,
      "20240101000002.third.sh": "CREATE TABLE t3();",
    }),
  };
}

async function runUntilStuck(options: ApplyOptions, onStuck: () => Promise<void>) {
  const events: RunEvent[] = [];
  const run = apply(options);
  let stuck = 0;
  for await (const event of run) {
    events.push(event);
    if (event.type === "step:start" && event.version.includes("second") && ++stuck === 2) {
      await onStuck();
    }
  }
  return { events, report: await run.result };
}

describe("a run whose Patroni leader moves", () => {
  it("goes on at the new leader", slow, async () => {
    const primary = cluster.node;
    const replica = await cluster.startReplica();
    const { source, moveTo } = await scope(primary);
    const { events, report } = await runUntilStuck(await optionsFor(source, primary), async () => {
      await replica.catchUp();
      await primary.kill();
      await replica.promote();
      moveTo(replica);
    });
    expect(report).toMatchObject({ outcome: "done", failed: [], inDoubt: [] });
    expect(events).toContainEqual({
      type: "note",
      message: expect.stringMatching(`has moved: its primary is .*:${replica.port}/`),
    });
    const [tables] = await replica.query(
      "SELECT count(*)::int FROM pg_class WHERE relname ~ '^t[123]$'",
    );
    expect(tables).toEqual({ count: 6 });
  });

  it("does not go on at another database that has taken its place", slow, async () => {
    const [primary, other] = cluster.nodes;
    if (primary === undefined || other === undefined) {
      throw new Error("no nodes");
    }
    await other.query("CREATE SCHEMA sh1; CREATE SCHEMA sh2");
    const { source, moveTo } = await scope(primary);
    const options = { ...(await optionsFor(source, primary)), reconnectForMs: 500 };
    const { report } = await runUntilStuck(options, async () => {
      moveTo(other);
      await primary.kill();
    });
    expect(report.outcome).toBe("failed");
    expect(await other.query("SELECT 1 FROM pg_class WHERE relname ~ '^t[123]$'")).toEqual([]);
  });
});

describe("a run whose address leads to another server", () => {
  /** A node behind a proxy, and a replica of it that has all up to now, and nothing that comes. */
  async function laggingPair() {
    const primary = cluster.node;
    await primary.query("CREATE SCHEMA slow1");
    const [clients, replication] = [await startProxy(primary), await startProxy(primary)];
    onTestFinished(() => clients.stop());
    onTestFinished(() => replication.stop());
    const replica = await cluster.startReplica({ through: replication });
    await replica.catchUp();
    replication.freeze();
    const failOver = async () => {
      await replica.promote();
      clients.redirect(replica);
      clients.cut();
    };
    return { primary, replica, clients, failOver };
  }

  const quick = { "20240101000000.first.sh": "CREATE TABLE t1();" };
  const stuckOn = ({ port }: TestNode) => ({
    "20240101000001.second.slow": "CREATE TABLE t2();",
    "20240101000002.third.slow": `SELECT pg_sleep(3600) WHERE inet_server_port() = ${port}; CREATE TABLE t3();`,
  });

  /** Runs, and acts when the step of a version begins; at the first, when the quick shards are done. */
  async function runActing(
    options: ApplyOptions,
    acts: Readonly<Record<string, () => void | Promise<void>>>,
  ) {
    const events: RunEvent[] = [];
    const acted = new Set<string>();
    const run = apply(options);
    for await (const event of run) {
      events.push(event);
      const quickDone = events.filter(
        ({ type, ...rest }) => type === "step:done" && "shard" in rest && rest.shard !== "slow1",
      );
      for (const [title, act] of Object.entries(acts)) {
        const started = events.some(
          (one) => one.type === "step:start" && one.version.includes(title),
        );
        if (!started || acted.has(title) || quickDone.length < 2) {
          continue;
        }
        acted.add(title);
        await act();
      }
    }
    return { events, acted, report: await run.result };
  }

  it("applies again what a lagging replica does not have, and counts it once", slow, async () => {
    const { primary, replica, clients, failOver } = await laggingPair();
    const options: ApplyOptions = {
      sources: [hosts(clients.url)],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      migrationDirectory: await migrationFolder({ ...quick, ...stuckOn(primary) }),
    };
    const { events, report } = await runActing(options, { third: failOver });
    expect(report).toMatchObject({ outcome: "done", planned: 4, done: 4, notAttempted: 0 });
    expect(report.doneByVersion.map(({ shards }) => shards.length)).toEqual([2, 1, 1]);
    const vanished = events.flatMap((event) =>
      event.type === "step:vanished" ? [`${event.shard} ${event.version}`] : [],
    );
    expect(vanished.sort()).toEqual([
      "sh1 20240101000000.first.sh",
      "sh2 20240101000000.first.sh",
      "slow1 20240101000001.second.slow",
    ]);
    const notes = events.flatMap((event) => (event.type === "note" ? [event.message] : []));
    expect(notes).toContainEqual(expect.stringMatching(/was promoted: timeline 1 -> 2\./));
    const tables = await replica.query("SELECT relname FROM pg_class WHERE relname ~ '^t[123]$'");
    expect(tables.map(({ relname }) => relname).sort()).toEqual(["t1", "t1", "t2", "t3"]);
  });

  it("works no more at the old primary over sessions that live on there", slow, async () => {
    const { primary, replica, clients } = await laggingPair();
    const options: ApplyOptions = {
      sources: [hosts(clients.url)],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      migrationDirectory: await migrationFolder({
        ...quick,
        "20240101000001.second.slow": `SELECT pg_sleep(3) WHERE inet_server_port() = ${primary.port}; CREATE TABLE t2();`,
      }),
    };
    const failOver = async () => {
      await replica.promote();
      clients.redirect(replica);
      // The session at work is lost, and the one of the run lock, which is opened again. Others live on.
      const lost = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query ~ 'pg_sleep\\(3\\)' AND pid <> pg_backend_pid() OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`;
      await expect.poll(async () => (await primary.query(lost)).length).toBeGreaterThan(1);
    };
    const { events, report } = await runActing(options, { second: failOver });
    const notes = events.flatMap((event) => (event.type === "note" ? [event.message] : []));
    expect(notes).toContainEqual(expect.stringMatching(/was promoted: timeline 1 -> 2\./));
    expect(report).toMatchObject({ outcome: "done", planned: 3, done: 3, notAttempted: 0 });
    const tables = "SELECT relname FROM pg_class WHERE relname ~ '^t[123]$' ORDER BY 1";
    const names = async (node: Pick<TestNode, "query">) =>
      (await node.query(tables)).map(({ relname }) => relname);
    expect(await names(replica)).toEqual(["t1", "t1", "t2"]);
    expect(await names(primary)).toEqual(["t1", "t1"]);
  });

  it("applies again what is missed only when all was done and read", slow, async () => {
    const { primary, replica, clients, failOver } = await laggingPair();
    const blocker = await primary.connect();
    onTestFinished(() => blocker.end());
    const events: RunEvent[] = [];
    const run = apply({
      sources: [hosts(clients.url)],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      migrationDirectory: await migrationFolder(quick),
    });
    for await (const event of run) {
      events.push(event);
      if (
        event.type === "step:start" &&
        events.filter(({ type }) => type === event.type).length === 1
      ) {
        // The run then waits with all done, before it saves the digest.
        await blocker.query(
          "BEGIN; CREATE FUNCTION public.mig_digest_const() RETURNS text RETURN ''",
        );
        await expect
          .poll(() =>
            primary.query(
              "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'mig_digest_const'",
            ),
          )
          .toHaveLength(1);
        await failOver();
      }
    }
    expect(await run.result).toMatchObject({ outcome: "done", planned: 2, done: 2 });
    expect(events.filter(({ type }) => type === "step:vanished")).toHaveLength(2);
    expect(await replica.query("SELECT 1 FROM pg_class WHERE relname = 't1'")).toHaveLength(2);
  });

  it("does not go back to the old primary that has come back", slow, async () => {
    const { primary, clients, failOver } = await laggingPair();
    const options: ApplyOptions = {
      sources: [hosts(clients.url)],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      migrationDirectory: await migrationFolder({
        ...quick,
        ...stuckOn(primary),
        "20240101000003.fourth.slow": "SELECT pg_sleep(3600);",
      }),
      reconnectForMs: 500,
    };
    const comeBack = () => {
      clients.redirect(primary);
      clients.cut();
    };
    const run = await runActing(options, { third: failOver, fourth: comeBack });
    expect([...run.acted]).toEqual(["third", "fourth"]);
    expect(run.report.outcome).toBe("failed");
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: "node:lost",
        error: expect.objectContaining({ message: expect.stringContaining("timeline 1") }),
      }),
    );
    expect(await primary.query("SELECT 1 FROM pg_class WHERE relname = 't3'")).toEqual([]);
  });
});
