import {
  connectNode,
  nodeIdentitySql,
  parseHosts,
  parseNodeIdentity,
  resolveNodes,
} from "@pg-mig/cluster";
import { type LockConnection, NodeLock } from "@pg-mig/sessions";
import { startProxy, type TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { shardedCluster } from "./counted-shards.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

async function connect(url: string): Promise<LockConnection> {
  const defaults = { port: 5432, user: "postgres", sslMode: "disable" } as const;
  const [node] = resolveNodes(parseHosts(url), defaults);
  if (node === undefined) {
    throw new Error("no node");
  }
  const client = await connectNode(node, { applicationName: "pg-mig" });
  return { client, identity: parseNodeIdentity((await client.query(nodeIdentitySql)).rows) };
}

/** A lock over a network that can break; after a loss, `connect` goes around that network. */
async function lockThroughProxy(answerWithinMs: number) {
  const [database] = (await databases()) as [TestDatabase];
  const proxy = await startProxy(database);
  onTestFinished(() => proxy.stop());
  const lock = new NodeLock({
    first: await connect(proxy.url),
    connect: () => connect(database.url),
    answerWithinMs,
  });
  onTestFinished(() => lock.close());
  return { database, proxy, lock };
}

describe("NodeLock", () => {
  it("is lost at once with its connection, and taken again over another", async () => {
    const { proxy, lock } = await lockThroughProxy(10_000);
    expect(await lock.try()).toEqual({ type: "taken" });
    proxy.cut();
    await expect(lock.ask("SELECT 1")).rejects.toThrow();
    expect(lock.held).toBe(false);
    while ((await lock.try()).type !== "taken") {}
    expect(lock.held).toBe(true);
  });

  it("is lost where no answer comes in time; the server's side of it is known as a leftover", async () => {
    const { proxy, lock, database } = await lockThroughProxy(300);
    await lock.try();
    proxy.freeze();
    await lock.confirm();
    expect(lock.held).toBe(false);
    expect(await lock.try()).toMatchObject({
      type: "leftover",
      holder: { applicationName: "pg-mig" },
    });
    const another = new NodeLock({
      first: await connect(database.url),
      connect: () => Promise.reject(new Error("not again")),
      answerWithinMs: 10_000,
    });
    onTestFinished(() => another.close());
    expect(await another.try()).toMatchObject({ type: "refused" });
    await proxy.stop();
    while ((await lock.try()).type !== "taken") {}
  });

  it("is lost where the server says that it is not held any more", async () => {
    const { lock } = await lockThroughProxy(10_000);
    await lock.try();
    await lock.confirm();
    expect(lock.held).toBe(true);
    await lock.ask("SELECT pg_advisory_unlock_all()");
    await lock.confirm();
    expect(lock.held).toBe(false);
  });

  it("has to be confirmed again after some time", async () => {
    const { lock } = await lockThroughProxy(10_000);
    expect(lock.isFresh(60_000)).toBe(false);
    await lock.try();
    expect(lock.isFresh(60_000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(lock.isFresh(20)).toBe(false);
    await lock.confirm();
    expect(lock.isFresh(60_000)).toBe(true);
  });

  it("does not keep a run from its end when the server does not answer", async () => {
    const { proxy, lock } = await lockThroughProxy(60_000);
    await lock.try();
    proxy.freeze();
    await lock.close();
    expect(lock.held).toBe(false);
  });
});
