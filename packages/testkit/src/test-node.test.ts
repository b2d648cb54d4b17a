import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNodes, type TestCluster } from "./start-nodes.js";
import type { TestNode } from "./test-node.js";

let cluster: TestCluster;
let node: TestNode;

beforeAll(async () => {
  cluster = await startNodes();
  node = cluster.node;
});
afterAll(() => cluster.stop());

describe("TestNode", () => {
  it("keeps its port and its data over a restart", async () => {
    await using database = await node.createDatabase();
    await database.query("CREATE TABLE kept AS SELECT 7 AS seven");
    const { port } = node;
    await node.restart();
    expect(node.port).toBe(port);
    expect(await database.query("SELECT seven FROM kept")).toEqual([{ seven: 7 }]);
  });

  it.each(["kill", "stop"] as const)(
    "has what was committed, and nothing else, after a hard %s",
    async (how) => {
      await using database = await node.createDatabase();
      await database.query("CREATE TABLE log (word text)");
      const client = await database.connect();
      await client.query("INSERT INTO log VALUES ('committed')");
      await client.query("BEGIN; INSERT INTO log VALUES ('open')");
      const lost = new Promise((resolve) => client.once("end", resolve));
      await (how === "kill" ? node.kill() : node.stop("immediate"));
      await lost;
      expect(node.running).toBe(false);
      await expect(node.query("SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await node.start();
      expect(await database.query("SELECT word FROM log")).toEqual([{ word: "committed" }]);
    },
  );

  it("starts again at once after a kill, however busy its backends are", async () => {
    const client = await node.connect();
    const busy = client
      .query("SELECT count(*) FROM generate_series(1, 1e9)")
      .catch((error: unknown) => error);
    await node.kill();
    await node.start();
    expect(await node.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await busy).toBeInstanceOf(Error);
  });

  it("may be started twice and stopped twice", async () => {
    await node.start();
    await node.stop();
    await node.stop();
    expect(node.running).toBe(false);
    await node.start();
    expect(node.running).toBe(true);
  });

  it("hands out its server's log", async () => {
    await node.query("DO $$ BEGIN RAISE LOG 'a word from the server'; END $$");
    expect(await node.log()).toContain("a word from the server");
  });

  it("tells its addresses, password included", async () => {
    expect(node.url).toBe(`postgres://postgres:${node.password}@127.0.0.1:${node.port}/postgres`);
    await using database = await node.createDatabase({ name: "Ünlike/any" });
    expect(database.url).toMatch(/\/%C3%9Cnlike%2Fany$/);
    expect(await database.query("SELECT current_database() AS name")).toEqual([
      { name: "Ünlike/any" },
    ]);
  });
});

describe("createDatabase", () => {
  it("copies a template, and the copy goes its own way", async () => {
    await using template = await node.createDatabase();
    await template.query("CREATE TABLE item AS SELECT 1 AS id");
    await using copy = await node.createDatabase({ template });
    await copy.query("INSERT INTO item VALUES (2)");
    expect(await copy.query("SELECT id FROM item ORDER BY id")).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await template.query("SELECT id FROM item")).toEqual([{ id: 1 }]);
  });

  it("makes databases of different names at the same time", async () => {
    const databases = await Promise.all([1, 2, 3].map(() => node.createDatabase()));
    expect(new Set(databases.map((database) => database.name)).size).toBe(3);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it("drops a database that somebody is connected to, and one that is gone", async () => {
    const database = await node.createDatabase();
    const client = await database.connect();
    const lost = new Promise((resolve) => client.once("end", resolve));
    await database.drop();
    await lost;
    await database.drop();
    await expect(database.connect()).rejects.toMatchObject({ code: "3D000" });
  });
});
