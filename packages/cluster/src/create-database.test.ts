import { PgMigError } from "@pg-mig/model";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectNode } from "./connect-node.js";
import { createDatabaseIfMissing } from "./create-database.js";
import { type Node, resolveNodes } from "./node.js";
import { waitForNode } from "./wait-for-node.js";

const options = { applicationName: "create-database test" };
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

function nodeOf(database: string, user = "postgres"): Node {
  const { host, port, password } = cluster.node;
  const [node] = resolveNodes([{ host, database, user }], {
    port,
    user,
    password,
    sslMode: "prefer",
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

describe("createDatabaseIfMissing", () => {
  it.each(["app", 'My "db"; --', "d$1.é"])("creates %j once", async (database) => {
    const node = nodeOf(database);
    expect(await createDatabaseIfMissing(node, options)).toBe("created");
    expect(await createDatabaseIfMissing(node, options)).toBe("exists");
    const client = await connectNode(node, options);
    const { rows } = await client.query("SELECT current_database() AS name");
    expect(rows).toEqual([{ name: database }]);
    await client.end();
  });

  it("is safe from several places at once", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => createDatabaseIfMissing(nodeOf("raced"), options)),
    );
    expect(outcomes.toSorted()).toEqual(["created", ...Array(7).fill("exists")]);
  });

  it("says that the user may not", async () => {
    const { password } = cluster.node;
    await cluster.node.query(`CREATE ROLE stranger LOGIN PASSWORD '${password}'`);
    const error: unknown = await createDatabaseIfMissing(
      nodeOf("other", "stranger"),
      options,
    ).catch((error) => error);
    expect(error).toBeInstanceOf(PgMigError);
    expect(error).toMatchObject({ code: "DATABASE_CREATE_FAILED" });
    expect(String(error)).toContain("permission denied");
  });

  it("needs no database but its own where that exists", async () => {
    await cluster.node.query("REVOKE CONNECT ON DATABASE postgres, template1 FROM public");
    expect(await createDatabaseIfMissing(nodeOf("app", "stranger"), options)).toBe("exists");
  });
});

describe("waitForNode", () => {
  it("waits until the server has started, for a database that is missing, too", async () => {
    const node = nodeOf("missing");
    const signal = AbortSignal.timeout(60_000);
    await cluster.node.stop();
    const told: string[] = [];
    let starting: Promise<void> | undefined;
    await waitForNode(node, {
      ...options,
      signal,
      pauseMs: 10,
      onWaiting: (message) => {
        told.push(message);
        starting ??= cluster.node.start();
      },
    });
    await starting;
    expect(told[0]).toContain("No server accepts connections");
  });

  it("does not wait for what does not pass", async () => {
    const { host, port } = cluster.node;
    const [node] = resolveNodes([{ host, password: "wrong" }], {
      port,
      user: "postgres",
      sslMode: "prefer",
    });
    if (node === undefined) {
      throw new Error("no node");
    }
    const signal = AbortSignal.timeout(60_000);
    await expect(waitForNode(node, { ...options, signal })).rejects.toMatchObject({
      code: "NODE_AUTH_FAILED",
    });
  });
});
