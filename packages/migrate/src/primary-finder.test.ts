import { once } from "node:events";
import { createServer } from "node:http";
import type { DiscoverySource } from "@pg-mig/cluster";
import { patroni } from "@pg-mig/discovery-patroni";
import type { RunEvent } from "@pg-mig/executor";
import { startNodes, type TestCluster, type TestNode } from "@pg-mig/testkit";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";

const SLOW = { timeout: 120_000 };
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
  if (address === null || typeof address === "string") throw new Error("no port");
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
  it("goes on at the new leader", SLOW, async () => {
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

  it("does not go on at another database that has taken its place", SLOW, async () => {
    const [primary, other] = cluster.nodes;
    if (primary === undefined || other === undefined) throw new Error("no nodes");
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
