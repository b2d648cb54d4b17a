import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backendKeyOf, cancelBackend } from "./cancel-backend.js";
import { connectNode } from "./connect-node.js";
import { type Node, resolveNodes } from "./node.js";

const options = { applicationName: "cancel-backend test" };
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

function nodeOf(host: string): Node {
  const { port, user, password, database } = cluster.node;
  const [node] = resolveNodes([{ host }], { port, user, password, database, sslMode: "prefer" });
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

describe("cancelBackend", () => {
  it.each(["127.0.0.1", "localhost", "a Unix socket"])(
    "cancels what a connection over %s runs, and leaves it usable",
    async (name) => {
      const node = nodeOf(name === "a Unix socket" ? cluster.node.socketDirectory : name);
      const client = await connectNode(node, options);
      const key = backendKeyOf(client);
      if (key === undefined) {
        throw new Error("no key");
      }
      let sqlState: unknown;
      const running = client.query("SELECT pg_sleep(600)").catch((error) => {
        sqlState = error.code;
      });
      // The request may overtake the query, and then hits nothing.
      while (sqlState === undefined) {
        await cancelBackend(key);
      }
      await running;
      expect(sqlState).toBe("57014");
      await cancelBackend({ ...key, secretKey: key.secretKey ^ 1 });
      const { rows } = await client.query("SELECT 1 AS one");
      expect(rows).toEqual([{ one: 1 }]);
      await client.end();
    },
  );

  it("asks the address that the connection reached, wherever the name leads by now", async () => {
    const client = await connectNode(nodeOf("127.0.0.1"), options);
    const key = backendKeyOf(client);
    if (key === undefined) {
      throw new Error("no key");
    }
    let sqlState: unknown;
    const running = client.query("SELECT pg_sleep(600)").catch((error) => {
      sqlState = error.code;
    });
    while (sqlState === undefined) {
      await cancelBackend({ ...key, host: "db.invalid" });
    }
    await running;
    expect(sqlState).toBe("57014");
    await client.end();
  });

  it("resolves when there is no server to ask", async () => {
    const nowhere = { host: "/nowhere/at/all", port: 5432, address: undefined };
    await cancelBackend({ processId: 1, secretKey: 1, ...nowhere });
  });
});
