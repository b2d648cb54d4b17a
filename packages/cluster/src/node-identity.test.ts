import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeIdentitySql, parseNodeIdentity } from "./node-identity.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

describe("nodeIdentitySql", () => {
  it("is answered to an ordinary role", async () => {
    const client = await cluster.node.connect();
    const { rows: facts } = await client.query(
      "SELECT oid::text, pg_backend_pid() AS pid FROM pg_database WHERE datname = 'postgres'",
    );
    await client.query("CREATE ROLE ordinary");
    await client.query("SET ROLE ordinary");
    const { rows } = await client.query(nodeIdentitySql);
    await client.end();
    const identity = parseNodeIdentity(rows);
    expect(identity).toMatchObject({
      databaseOid: facts[0].oid,
      databaseName: "postgres",
      inRecovery: false,
      readOnly: false,
      backendPid: facts[0].pid,
      timeline: "00000001",
    });
    expect(identity.systemIdentifier).toMatch(/^-?\d{10,}$/);
    expect(identity.postmasterStart).toMatch(/^\d{16}$/);
    expect(Math.floor(identity.serverVersionNum / 10_000)).toBe(cluster.node.major);
  });

  it("stays the same but for the backend, and tells a restart", async () => {
    const identify = async () => {
      const { backendPid, ...rest } = parseNodeIdentity(await cluster.node.query(nodeIdentitySql));
      return rest;
    };
    const before = await identify();
    expect(await identify()).toEqual(before);
    await cluster.node.restart();
    const after = await identify();
    expect(after.postmasterStart > before.postmasterStart).toBe(true);
    expect(after).toEqual({ ...before, postmasterStart: after.postmasterStart });
  });

  it("knows a session that only reads", async () => {
    const client = await cluster.node.connect();
    await client.query("SET default_transaction_read_only = on");
    expect(parseNodeIdentity((await client.query(nodeIdentitySql)).rows).readOnly).toBe(true);
    await client.end();
  });
});

describe("parseNodeIdentity", () => {
  it("refuses an answer of something else", () => {
    for (const rows of [[], [{}], [{ system_identifier: 7 }]]) {
      expect(() => parseNodeIdentity(rows)).toThrow("did not say its system identifier");
    }
  });
});
