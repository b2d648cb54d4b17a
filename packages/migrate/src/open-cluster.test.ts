import { hosts } from "@pg-mig/cluster";
import type { NodeEvent } from "@pg-mig/report";
import { openCluster } from "@pg-mig/sessions";
import { startProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { shardedCluster } from "./counted-shards.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

describe("a node that goes away before a run has begun", { timeout: 30_000 }, () => {
  async function lockedCluster(retryForMs: number) {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    const events: NodeEvent[] = [];
    const waiting = new Set<() => void>();
    const cluster = await openCluster({
      action: "apply",
      sources: [hosts([proxy.url])],
      defaults: { port: 5432, user: "postgres", sslMode: "disable" },
      signal: new AbortController().signal,
      retryForMs,
      onNote: () => {},
      onNodeChange: (event) => {
        events.push(event);
        for (const wake of waiting) {
          wake();
        }
      },
    });
    onTestFinished(() => cluster.close());
    await cluster.lock({ waitMs: 0, allowPooler: false });
    const away = new Promise<void>((resolve) => waiting.add(resolve));
    return { cluster, proxy, events, away };
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
});
