import { startProxy, type TestProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2 });

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

  it("lets adopt say which shards got a ledger and which did not, and find out what a COMMIT has done", {
    timeout: 90_000,
  }, async () => {
    const adopted = async (swallows: "one connection" | "all") => {
      const { databases, migrations, start, ledger } = await scenario({
        shards: ["sh1", "sh2", "sh3"],
      });
      const [first, second] = databases;
      if (first === undefined || second === undefined) {
        throw new Error("no databases");
      }
      await migrations({ "1.a.sh": "CREATE TABLE a();" });
      for (const database of databases) {
        await database.query("CREATE TABLE sh1.a(); CREATE TABLE sh2.a(); CREATE TABLE sh3.a()");
      }
      const proxy = await startProxy(second);
      const fault = proxy.inject({ at: "reply", action: "freeze", skip: 1 });
      if (swallows === "all") {
        fault.hit.then(() => proxy.freeze());
      }
      const label = `127.0.0.1:${proxy.port}`;
      const scratch = `--scratch=${cluster().nodes[0]?.url}`;
      const { status, stdout } = await start(["adopt", scratch, "--retry-for=1s", "--json"], {
        env: { PGHOST: `${first.url},${proxy.url}` },
      }).result;
      await proxy.stop();
      const { adopted: told, failed } = JSON.parse(stdout);
      return {
        ...{ status, hits: fault.hits, first: await ledger("sh3", first) },
        adopted: told.flatMap(({ shards }: { shards: { node: string; shard: string }[] }) =>
          shards.filter(({ node }) => node === label).map(({ shard }) => shard),
        ),
        failed: failed.map(({ shard, error }: { shard: string; error: { code: string } }) => [
          ...[shard, error.code],
        ]),
      };
    };
    const first = ["1.a.sh"];
    expect(await Promise.all([adopted("one connection"), adopted("all")])).toEqual([
      { status: 0, hits: 1, first, adopted: ["sh1", "sh2", "sh3"], failed: [] },
      {
        ...{ status: 1, hits: 1, first, adopted: ["sh1"] },
        failed: [
          ["sh2", "CONNECTION_LOST"],
          ["sh3", "NODE_UNREACHABLE"],
        ],
      },
    ]);
  });

  it("ends a rehearsal, on a live shard and on a scratch database", {
    timeout: 90_000,
  }, async () => {
    const rehearsed = async (on: "shard" | "scratch", sql: RegExp) => {
      const { database, migrations, start } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "CREATE TABLE a();" });
      const proxy = await startProxy(on === "shard" ? database : (cluster().nodes[0] ?? database));
      const fault = proxy.inject({ sql, at: "request", action: "freeze" });
      fault.hit.then(() => proxy.freeze());
      const url = new URL(proxy.url);
      const where = on === "shard" ? "--on=shard=sh1" : `--scratch=${url}`;
      const { status, stderr } = await start(["rehearse", where], {
        env: { PGHOST: on === "shard" ? proxy.url : database.url },
      }).result;
      await proxy.stop();
      const told = /(broke off|made on 127\.0\.0\.1|connection was lost)/.test(stderr);
      return { status, hits: fault.hits, told };
    };
    // What nobody could drop: the next one to make a scratch database would.
    onTestFinished(async () => {
      const { node } = cluster();
      const left = "SELECT datname FROM pg_database WHERE datname LIKE 'pg_mig_scratch%'";
      for (const { datname } of await node.query<{ datname: string }>(left)) {
        await node.query(`DROP DATABASE ${datname} WITH (FORCE)`);
      }
    });
    const cases = [
      rehearsed("shard", /pg_locks/),
      rehearsed("shard", /CREATE TABLE/),
      rehearsed("scratch", /CREATE DATABASE/),
      rehearsed("scratch", /pg_locks l/),
    ];
    expect(await Promise.all(cases)).toEqual(cases.map(() => ({ status: 1, hits: 1, told: true })));
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
