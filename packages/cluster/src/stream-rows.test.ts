import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { streamRows } from "./stream-rows.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

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

  it("keeps no row that was handed over", async () => {
    const client = await connect();
    let rows = 0;
    let first: WeakRef<object> | undefined;
    let isFirstKept: boolean | undefined;
    await streamRows(client, "SELECT repeat('x', 1000) FROM generate_series(1, 2000)", (row) => {
      rows++;
      first ??= new WeakRef(row);
      if (rows === 2000) {
        collectGarbage();
        isFirstKept = first.deref() !== undefined;
      }
    });
    expect(isFirstKept).toBe(false);
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
