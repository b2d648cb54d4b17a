import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pgBouncerMissing, type StartPgBouncerOptions, startPgBouncer } from "./pg-bouncer.js";
import { startNodes, type TestCluster } from "./start-nodes.js";
import { connectTo } from "./test-database.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(() => cluster?.stop());

async function pooler(mode: StartPgBouncerOptions["mode"]) {
  const bouncer = await startPgBouncer({ node: cluster.node, mode });
  onTestFinished(() => bouncer.stop());
  return bouncer;
}

async function backendsOfTwoTransactions(mode: StartPgBouncerOptions["mode"]) {
  const bouncer = await pooler(mode);
  const [first, second] = await Promise.all([connectTo(bouncer), connectTo(bouncer)]);
  const pid = async (client: typeof first) =>
    (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
  const own = await pid(first);
  await second.query("BEGIN");
  const other = await pid(second);
  await Promise.all([first.end(), second.end()]);
  return { own, other };
}

describe.skipIf(pgBouncerMissing() !== undefined)("startPgBouncer", () => {
  it("shares backends between clients in transaction mode", async () => {
    const { own, other } = await backendsOfTwoTransactions("transaction");
    expect(other).toBe(own);
  });

  it("gives each client a backend of its own in session mode", async () => {
    const { own, other } = await backendsOfTwoTransactions("session");
    expect(other).not.toBe(own);
  });

  it("leads to every database of the node, with the node's password", async () => {
    const database = await cluster.node.createDatabase();
    const bouncer = await pooler("session");
    const client = await connectTo({ ...database, host: bouncer.host, port: bouncer.port });
    const { rows } = await client.query("SELECT current_database() AS name");
    await client.end();
    expect(rows).toEqual([{ name: database.name }]);
    await expect(
      connectTo({ ...bouncer, port: bouncer.port, password: "wrong" }),
    ).rejects.toThrow();
  });

  it("is gone after stop()", async () => {
    const bouncer = await pooler("session");
    await bouncer.stop();
    await expect(connectTo(bouncer)).rejects.toThrow("ECONNREFUSED");
  });

  it("says in the program's own words why it does not start", async () => {
    const settings = { pool_mode: "nonsense" };
    await expect(
      startPgBouncer({ node: cluster.node, mode: "session", settings }),
    ).rejects.toMatchObject({
      code: "POOLER_DID_NOT_START",
      message: expect.stringContaining("pool_mode"),
    });
  });
});
