import { startProxy, type TestProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("a network that swallows connections", () => {
  it("keeps no node from its end, and ends with the truth: at COMMIT of one shard, and under a whole node", {
    timeout: 120_000,
  }, async () => {
    const { databases, migrations, start, column, ledger } = await scenario({
      shards: ["sh1", "sh2", "sh3"],
    });
    const [first, second] = databases;
    if (first === undefined || second === undefined) {
      throw new Error("no databases");
    }
    await migrations({
      "20240101000000.users.sh": "CREATE TABLE users(id int);",
      "20240101000001.row.sh": "INSERT INTO users VALUES (1); SELECT pg_sleep(0.5);",
      "20240101000002.more.sh": "INSERT INTO users VALUES (2);",
    });
    const [proxy, whole] = await Promise.all([startProxy(first), startProxy(second)]);
    onTestFinished(async () => {
      await Promise.all([proxy.stop(), whole.stop()]);
    });
    const run = start(["--json"], { env: { PGHOST: `${proxy.url},${whole.url}` } });
    const sleeping = ({ seen }: TestProxy) => seen.some((sql) => sql.includes("pg_sleep"));
    while (![proxy, whole].every(sleeping)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const fault = proxy.inject({ at: "reply", action: "freeze" });
    whole.freeze();
    await run.printed('"reason":"connection-lost"');
    whole.thaw();
    const { status } = await run.result;
    expect(status).toBe(0);
    expect(fault.hits).toBe(1);
    for (const database of [first, second]) {
      for (const shard of ["sh1", "sh2", "sh3"]) {
        expect(await ledger(shard, database)).toHaveLength(3);
        expect(await column(`SELECT id FROM ${shard}.users ORDER BY 1`, database)).toEqual([1, 2]);
      }
    }
  });
});
