import {
  type DatabaseAddress,
  pgBouncerMissing,
  type StartPgBouncerOptions,
  startNodes,
  startPgBouncer,
  type TestCluster,
} from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connectNode } from "./connect-node.js";
import { resolveNodes } from "./node.js";
import { nodeIdentitySql, parseNodeIdentity } from "./node-identity.js";
import { findPoolerMode, isPooled, judgePooler } from "./pooler-mode.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(() => cluster?.stop());

function connect({ host, port, user, password, database }: DatabaseAddress) {
  const defaults = { port, user, password, database, sslMode: "disable" } as const;
  const [node] = resolveNodes([{ host }], defaults);
  if (node === undefined) {
    throw new Error("no node");
  }
  return connectNode(node, { applicationName: "test" });
}

async function lookAt(address: DatabaseAddress) {
  const client = await connect(address);
  const identity = parseNodeIdentity((await client.query(nodeIdentitySql)).rows);
  const pooled = isPooled(client, identity);
  const mode = await findPoolerMode(client, () => connect(address));
  await client.end();
  return { pooled, mode };
}

async function pooler(
  mode: StartPgBouncerOptions["mode"],
  settings: StartPgBouncerOptions["settings"] = {},
) {
  const bouncer = await startPgBouncer({ node: cluster.node, mode, settings });
  onTestFinished(() => bouncer.stop());
  return bouncer;
}

describe("isPooled", () => {
  it("is false where the server itself answers", async () => {
    expect(await lookAt(cluster.node)).toEqual({ pooled: false, mode: "session" });
  });
});

describe.skipIf(pgBouncerMissing() !== undefined)("connectNode", () => {
  it("says of a wrong login to a PgBouncer what it says of one to a server", async () => {
    const bouncer = await pooler("session");
    for (const wrong of [{ password: "wrong" }, { user: "nobody" }]) {
      const { host, port, user, password, database } = bouncer;
      await expect(
        connect({ ...{ host, port, user, password, database }, ...wrong } as DatabaseAddress),
      ).rejects.toMatchObject({
        code: "NODE_AUTH_FAILED",
        hint: "Correct the setting `user` or the setting `password`. If it is right, it has expired: VALID UNTIL of the role says when.",
      });
    }
  });
});

describe.skipIf(pgBouncerMissing() !== undefined)("findPoolerMode", () => {
  it("tells PgBouncer's modes apart", async () => {
    expect(await lookAt(await pooler("session"))).toEqual({ pooled: true, mode: "session" });
    const shared = { pooled: true, mode: "transaction" };
    expect(await lookAt(await pooler("transaction"))).toEqual(shared);
    const statement = { pooled: true, mode: "statement" };
    expect(await lookAt(await pooler("statement"))).toEqual(statement);
  });

  it("sees through a pool that deals its connections out in turn", async () => {
    const settings = { server_round_robin: "1", min_pool_size: "5" };
    const seen = await lookAt(await pooler("transaction", settings));
    expect(seen).toEqual({ pooled: true, mode: "transaction" });
  });

  it("sees through one that has two connections to deal out", async () => {
    const bouncer = await pooler("transaction", { server_round_robin: "1" });
    const clients = [await connect(bouncer), await connect(bouncer)];
    for (const statement of ["BEGIN", "SELECT 1", "ROLLBACK"]) {
      for (const client of clients) {
        await client.query(statement);
      }
    }
    expect(await lookAt(bouncer)).toEqual({ pooled: true, mode: "transaction" });
    await Promise.all(clients.map((client) => client.end()));
  });

  it("names the variables of a startup parameter that PgBouncer does not take", async () => {
    const bouncer = await pooler("session");
    const { port, user, password, database } = bouncer;
    const [node] = resolveNodes([{ host: bouncer.host }], {
      port,
      user,
      password,
      database,
      sslMode: "disable",
      startupParameters: { geqo: "off" },
    });
    if (node === undefined) {
      throw new Error("no node");
    }
    await expect(connectNode(node, { applicationName: "test" })).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("unsupported startup parameter: geqo"),
      hint: expect.stringContaining("PGGEQO"),
    });
  });

  it("needs only one server connection to see that it is shared", async () => {
    const seen = await lookAt(await pooler("transaction", { default_pool_size: "1" }));
    expect(seen).toEqual({ pooled: true, mode: "transaction" });
  });

  it("gives up on a pool that has no second connection", { timeout: 20_000 }, async () => {
    const seen = await lookAt(await pooler("session", { default_pool_size: "1" }));
    expect(seen).toEqual({ pooled: true, mode: "unknown" });
  });
});

describe("judgePooler", () => {
  it("asks for each client to keep a process of its own", () => {
    const own = { first: 1, second: 2, firstAgain: 1 };
    expect(judgePooler([own, own])).toBe("session");
    expect(judgePooler([own, { first: 1, second: 1, firstAgain: 1 }])).toBe("transaction");
    expect(judgePooler([own, { first: 1, second: 2, firstAgain: 3 }])).toBe("transaction");
  });

  it("does not take a client that changes its process between two looks for a session", () => {
    const looks = [
      { first: 1, second: 2, firstAgain: 1 },
      { first: 3, second: 2, firstAgain: 3 },
    ];
    expect(judgePooler(looks)).toBe("transaction");
  });
});
