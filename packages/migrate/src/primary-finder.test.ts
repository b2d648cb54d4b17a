import type { NodeSpec } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/executor";
import { startNodes, type TestCluster, type TestNode } from "@pg-mig/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

/** A source that knows where the leader of its one scope is, and is told when it moves. */
function scope(leader: TestNode) {
  const specOf = ({ host, port, user, password, database }: TestNode): NodeSpec => ({
    ...{ host, port, user, password, database },
    island: "shop",
  });
  let spec = specOf(leader);
  return {
    name: "scope shop",
    discover: async () => [spec],
    moveTo: (node: TestNode) => {
      spec = specOf(node);
    },
  };
}

/** Three versions, the second of which does not come to an end on the given node. */
async function optionsFor(
  source: ReturnType<typeof scope>,
  stuckOn: TestNode,
): Promise<ApplyOptions> {
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

describe("a run whose node moves", () => {
  it("goes on at the new primary of the island", SLOW, async () => {
    const primary = cluster.node;
    const replica = await cluster.startReplica();
    const source = scope(primary);
    const { events, report } = await runUntilStuck(await optionsFor(source, primary), async () => {
      await replica.catchUp();
      await primary.kill();
      await replica.promote();
      source.moveTo(replica);
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
    const source = scope(primary);
    const options = { ...(await optionsFor(source, primary)), reconnectForMs: 500 };
    const { report } = await runUntilStuck(options, async () => {
      source.moveTo(other);
      await primary.kill();
    });
    expect(report.outcome).toBe("failed");
    expect(await other.query("SELECT 1 FROM pg_class WHERE relname ~ '^t[123]$'")).toEqual([]);
  });
});
