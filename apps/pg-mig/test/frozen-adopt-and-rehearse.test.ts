import { startProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2 });

describe("a network that swallows connections", () => {
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
});
