import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { streamRows } from "./stream-rows.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

async function connect() {
  const client = await cluster.node.connect();
  onTestFinished(() => client.end());
  return client;
}

describe("streamRows", () => {
  it("hands over the rows of all statements in order, and leaves the client fit for use", async () => {
    const client = await connect();
    const rows: unknown[] = [];
    await streamRows(client, "SELECT 1 AS a; SELECT g AS b FROM generate_series(1, 2) g", (row) =>
      rows.push(row),
    );
    expect(rows).toEqual([{ a: 1 }, { b: 1 }, { b: 2 }]);
    expect((await client.query("SELECT 2 AS c")).rows).toEqual([{ c: 2 }]);
  });

  it("rejects with the server's words, behind the rows before them", async () => {
    const client = await connect();
    const rows: unknown[] = [];
    const done = streamRows(client, "SELECT 1 / (2 - g) AS n FROM generate_series(1, 3) g", (row) =>
      rows.push(row),
    );
    await expect(done).rejects.toThrow("division by zero");
    expect((await client.query("SELECT 2 AS c")).rows).toEqual([{ c: 2 }]);
  });

  it("rejects when the connection breaks", async () => {
    const client = await connect();
    const done = streamRows(client, "SELECT pg_terminate_backend(pg_backend_pid())", () => {});
    await expect(done).rejects.toThrow();
  });
});
