import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ShapeReader, type ShapeReaderOptions, type Unread } from "./shape-reader.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(async () => {
  await cluster?.stop();
});

/** A database with empty shards, and a reader that counts its connections and what they are asked. */
async function prepared(shards: number) {
  const database: TestDatabase = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  const names = Array.from({ length: shards }, (_, i) => `sh${i}`);
  await database.query(names.map((name) => `CREATE SCHEMA ${name};`).join(""));
  const messages: number[] = [];
  const connect: ShapeReaderOptions["connect"] = async () => {
    const client = await database.connect();
    const at = messages.push(0) - 1;
    const query = client.query.bind(client) as (sql: string) => Promise<never>;
    const counting = (sql: string) => {
      messages[at] = (messages[at] ?? 0) + (sql.includes("pg_rewrite") ? 1 : 0);
      return query(sql);
    };
    return Object.assign(client, { query: counting, getTransactionStatus: () => "I" as const });
  };
  const node = { name: "n", label: "n", host: "n" };
  const { signal } = new AbortController();
  const reader = new ShapeReader(node, { connect, access: "no", lockTimeoutMs: 200, signal });
  onTestFinished(() => reader.close());
  const read = async (wanted: readonly string[] = names) => {
    const found: string[] = [];
    const unread: Unread[] = [];
    await reader.readHashes(wanted, {
      read: ({ schema }) => found.push(schema),
      unread: (one) => unread.push(one),
    });
    return { found, unread };
  };
  return { database, names, messages, read, reader };
}

describe("ShapeReader", () => {
  it("asks for a hundred shards at a time, and keeps a connection for 250 at most", async () => {
    const { names, messages, read } = await prepared(620);
    expect((await read()).found.sort()).toEqual([...names].sort());
    expect(messages).toEqual([2, 2, 3]);
  });

  it("asks for fewer if they have many tables, by the server's room for locks", async () => {
    const { database, messages, read } = await prepared(4);
    // A tenth of 64 locks for each of 200 connections is 1,280 tables.
    for (let i = 0; i < 4; i++) {
      await database.query(`DO $$ BEGIN FOR t IN 1..500 LOOP
        EXECUTE 'CREATE TABLE sh${i}.t' || t || '()'; END LOOP; END $$`);
    }
    expect((await read()).found).toHaveLength(4);
    expect(messages).toEqual([2]);
  });

  it("tells of a shard that is gone neither that it was read nor that it was not", async () => {
    const { read } = await prepared(2);
    expect(await read(["sh1", "gone"])).toEqual({ found: ["sh1"], unread: [] });
  });

  it("goes on over another connection if one breaks", async () => {
    const { database, read, messages } = await prepared(3);
    await read();
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    expect((await read()).found).toEqual(["sh0", "sh1", "sh2"]);
    expect(messages).toHaveLength(2);
  });
});
