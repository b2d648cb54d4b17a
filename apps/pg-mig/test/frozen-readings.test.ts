import { startProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("a network that swallows what is read", () => {
  it("ends what reads more than ledgers, and takes no leave of those who read no more", {
    timeout: 75_000,
  }, async () => {
    const { databases, migrations, start, startHere } = await scenario({ shards: ["sh1"] });
    const [first, second] = databases;
    if (first === undefined || second === undefined) {
      throw new Error("no databases");
    }
    await migrations({ "20240101000000.a.sh": "CREATE TABLE a();" });
    expect((await startHere().result).status).toBe(0);
    const [proxy, silent] = await Promise.all([startProxy(first), startProxy(second)]);
    onTestFinished(async () => {
      await Promise.all([proxy.stop(), silent.stop()]);
    });
    const env = { PGHOST: `${proxy.url},${silent.url}` };
    const reading = proxy.inject({ sql: /pg_control_system/, at: "reply", action: "freeze" });
    const status = start(["status"], { env });
    await reading.hit;
    // By now the other node is read.
    const isRead =
      "SELECT FROM pg_stat_activity WHERE application_name ~ '^pg-mig' AND state = 'idle'";
    await expect.poll(() => second.query(isRead)).toHaveLength(1);
    silent.freeze();
    proxy.thaw();
    expect((await status.result).status).toBe(0);
    silent.thaw();
    void silent
      .inject({ sql: /max_locks_per_transaction/, at: "request", action: "freeze" })
      .hit.then(() => silent.freeze());
    const { status: unknown, stdout } = await start(["drift", "--json"], { env }).result;
    expect(unknown).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "unknown",
      unread: [{ node: `127.0.0.1:${silent.port}`, shard: "sh1" }],
    });
  });

  it("is no reason to wait for one answer that it has lost", { timeout: 90_000 }, async () => {
    const { database, migrations, startHere, start } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    expect((await startHere().result).status).toBe(0);
    const ended = async (sql: RegExp, at: "request" | "reply", args: readonly string[]) => {
      const proxy = await startProxy(database);
      const fault = proxy.inject({ sql, at, action: "freeze" });
      const { status } = await start(args, { env: { PGHOST: proxy.url } }).result;
      await proxy.stop();
      return { status, hits: fault.hits };
    };
    const all = [
      ended(/DateStyle TO 'ISO, YMD'/, "reply", ["drift"]),
      ended(/DateStyle TO 'ISO, YMD'/, "request", ["drift"]),
      ended(/pg_control_system/, "reply", ["status"]),
    ];
    expect(await Promise.all(all)).toEqual([0, 0, 1].map((status) => ({ status, hits: 1 })));
  });
});
