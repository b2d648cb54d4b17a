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

  it("keeps nobody who presses Ctrl-C while nothing is read yet", async () => {
    const { databases, migrations, start } = await scenario({ shards: ["sh1"] });
    const [first, second] = databases;
    if (first === undefined || second === undefined) {
      throw new Error("no databases");
    }
    await migrations({ "20240101000000.a.sh": "CREATE TABLE a();" });
    const proxy = await startProxy(second);
    onTestFinished(() => proxy.stop());
    for (const args of [["apply"], ["status"]]) {
      const fault = proxy.inject({ sql: /pg_control_system/, at: "request", action: "freeze" });
      const run = start(args, { env: { PGHOST: `${first.url},${proxy.url}` } });
      await fault.hit;
      run.kill("SIGINT");
      expect((await run.result).status).toBe(130);
    }
  });

  it("ends what makes a database", { timeout: 40_000 }, async () => {
    const { database, migrations, start } = await scenario({ shards: [] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    const proxy = await startProxy({ ...database, database: "frozen_before_it_is_made" });
    onTestFinished(() => proxy.stop());
    proxy
      .inject({ sql: /CREATE DATABASE/, at: "request", action: "freeze" })
      .hit.then(() => proxy.freeze());
    const { status, stderr } = await start(["--createdb"], { env: { PGHOST: proxy.url } }).result;
    expect(status).toBe(1);
    expect(stderr).toContain("has not answered for 15 s");
  });

  it("ends every run, whatever it has swallowed first, and keeps no other node from its end", {
    timeout: 75_000,
  }, async () => {
    const identity = /pg_control_system/;
    const cases = [
      { swallowed: "what is read first", sql: identity, skip: 0, args: [], done: 0 },
      { swallowed: "who a new session is", sql: identity, skip: 1, args: [], done: 0 },
      {
        swallowed: "the settings of a session",
        sql: /client_connection_check_interval/,
        args: [],
        done: 0,
      },
      { swallowed: "the look for 2.x", sql: /p\.prosrc AS stored, p\.xmin/, args: [], done: 0 },
      {
        swallowed: "who a session is that another node made room for",
        sql: identity,
        skip: 2,
        args: ["--max-sessions=1"],
        done: 3,
      },
    ];
    const ended = cases.map(async ({ swallowed, sql, skip = 0, args }) => {
      const { databases, migrations, start, column } = await scenario({ shards: ["sh1"] });
      const [first, second] = databases;
      if (first === undefined || second === undefined) {
        throw new Error("no databases");
      }
      await migrations({
        "20240101000000.a.sh": "CREATE TABLE a();",
        "20240101000001.b.sh": "CREATE TABLE b();",
        "20240101000002.c.sh": "CREATE TABLE c();",
      });
      const proxy = await startProxy(second);
      proxy.inject({ sql, skip, at: "request", action: "freeze" }).hit.then(() => proxy.freeze());
      const run = start(["--json", "--retry-for=1s", ...args], {
        env: { PGHOST: `${first.url},${proxy.url}` },
      });
      const { status, stdout, stderr } = await run.result;
      const named = `${stdout}${stderr}`.includes(`127.0.0.1:${proxy.port}`);
      await proxy.stop();
      const tables = `SELECT count(*)::int FROM pg_class WHERE relnamespace = 'sh1'::regnamespace AND relkind = 'r'`;
      return {
        ...{ swallowed, status, named },
        done: await column(tables, first),
        untouched: await column(tables, second),
      };
    });
    expect(await Promise.all(ended)).toEqual(
      cases.map(({ swallowed, done }) => ({
        ...{ swallowed, status: 1, named: true, done: [done], untouched: [0] },
      })),
    );
  });
});
