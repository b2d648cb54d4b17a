import { connect as netConnect } from "node:net";
import fc from "fast-check";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startNodes, type TestCluster } from "./start-nodes.js";
import { startProxy, type TestProxy } from "./test-proxy.js";

let cluster: TestCluster;
let proxy: TestProxy;

beforeAll(async () => {
  cluster = await startNodes({ settings: { log_statement: "all" } });
  await cluster.node.query("CREATE TABLE done (word text)");
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  await cluster.node.query("TRUNCATE done");
  proxy = await startProxy(cluster.node);
});
afterEach(() => proxy.stop());

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: proxy.url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Begins a transaction that writes a row, sends COMMIT, and tells how that went. */
async function commitRow(client: pg.Client): Promise<string> {
  await client.query("BEGIN; INSERT INTO done VALUES ('row')");
  return client.query("COMMIT").then(
    ({ command }) => command,
    (error: Error) => error.message,
  );
}

const rows = () => cluster.node.query("SELECT word FROM done");
const openTransactions = async () => {
  const [row] = await cluster.node.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()`,
  );
  return row?.count;
};
const pending = Symbol("pending");
/** The outcome, or `pending` when there is none after a while in which one would have come. */
const soon = <T>(promise: Promise<T>) =>
  Promise.race([promise, new Promise<typeof pending>((r) => setTimeout(r, 300, pending))]);

describe("TestProxy", () => {
  it("counts connections and round trips: several messages that go together are one", async () => {
    const client = await connect();
    const { roundTrips } = proxy;
    await client.query("SELECT 1");
    await client.query("SELECT $1::int", [2]);
    await client.end();
    expect(proxy).toMatchObject({ accepted: 1, roundTrips: roundTrips + 2 });
  });

  it("carries queries and answers, whatever their size", async () => {
    const client = await connect();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 300_000 }), async (text) => {
        const clean = text.replaceAll("\0", "");
        const { rows: found } = await client.query("SELECT $1::text AS text", [clean]);
        expect(found).toEqual([{ text: clean }]);
      }),
      { numRuns: 20 },
    );
    await client.end();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("tells which SQL came by", async () => {
    const client = await connect();
    await client.query("SELECT 1");
    await client.query("SELECT $1::int", [2]);
    await client.end();
    expect(proxy.seen).toEqual(["SELECT 1", "SELECT $1::int"]);
  });

  it("refuses TLS, and carries the connection without it", async () => {
    const client = new pg.Client({ connectionString: proxy.url, ssl: true });
    await expect(client.connect()).rejects.toThrow("does not support SSL");
  });

  it.each(["request", "midway"] as const)(
    "loses a COMMIT that is cut off at its %s",
    async (at) => {
      const fault = proxy.inject({ at, action: "cut" });
      expect(await commitRow(await connect())).toMatch(/ECONNRESET|terminated/);
      await fault.hit;
      await expect.poll(openTransactions).toBe(0);
      expect(await rows()).toEqual([]);
      expect(await commitRow(await connect())).toBe("COMMIT");
      expect(fault.hits).toBe(1);
    },
  );

  it("commits, and loses the answer, when the reply is cut off", async () => {
    proxy.inject({ at: "reply", action: "cut" });
    expect(await commitRow(await connect())).toMatch(/ECONNRESET|terminated/);
    expect(await rows()).toEqual([{ word: "row" }]);
  });

  it("leaves the server in its transaction when the client alone is cut off", async () => {
    proxy.inject({ at: "request", action: "cut-client" });
    expect(await commitRow(await connect())).toMatch(/ECONNRESET|terminated/);
    expect(await openTransactions()).toBe(1);
    proxy.thaw();
    await expect.poll(openTransactions).toBe(0);
    expect(await rows()).toEqual([]);
  });

  it.each([
    { at: "request", inDatabase: [] },
    { at: "midway", inDatabase: [] },
    { at: "reply", inDatabase: [{ word: "row" }] },
  ] as const)("holds a COMMIT that is frozen at its $at, and thaws it", async (given) => {
    const fault = proxy.inject({ at: given.at, action: "freeze" });
    const outcome = commitRow(await connect());
    await fault.hit;
    expect(await soon(outcome)).toBe(pending);
    expect(await rows()).toEqual(given.inDatabase);
    proxy.thaw();
    expect(await outcome).toBe("COMMIT");
    expect(await rows()).toEqual([{ word: "row" }]);
  });

  it("waits for the right answer among several that are on their way", async () => {
    const fault = proxy.inject({ sql: /second/, at: "reply", action: "cut" });
    const client = await connect();
    const lost = new Promise((resolve) => client.once("end", resolve));
    const arrived: string[] = [];
    client.on("error", ({ message }) => arrived.push(message));
    client.query({
      // All at once, as a driver does that does not wait.
      submit(connection: pg.Connection) {
        for (const word of ["first", "second", "third"]) {
          connection.query(`SELECT '${word}'`);
        }
      },
      handleRowDescription() {},
      handleDataRow: ({ fields }: { fields: readonly Buffer[] }) => arrived.push(String(fields[0])),
      handleCommandComplete() {},
      handleReadyForQuery: () => arrived.push("ready"),
      handleError: () => arrived.push("error"),
    });
    await Promise.all([fault.hit, lost]);
    // What came behind "ready" would be reported as unexpected.
    expect(arrived.slice(0, 2)).toEqual(["first", "ready"]);
    expect(arrived.slice(2).join()).not.toMatch(/unexpected .*message/i);
  });

  it("hits the messages that are meant, as often as is asked for", async () => {
    const fault = proxy.inject({ sql: /victim/, at: "request", action: "cut", times: 2 });
    for (const expected of ["rejected", "rejected", "fulfilled"]) {
      const client = await connect();
      await client.query("SELECT 'bystander'");
      const [outcome] = await Promise.allSettled([client.query("SELECT 'victim'")]);
      expect(outcome?.status).toBe(expected);
    }
    expect(fault.hits).toBe(2);
    const later = proxy.inject({ at: "request", action: "cut", skip: 1 });
    expect(await commitRow(await connect())).toBe("COMMIT");
    expect(await commitRow(await connect())).not.toBe("COMMIT");
    expect(later.hits).toBe(1);
    const cancelled = proxy.inject({ at: "request", action: "cut" });
    cancelled.cancel();
    expect(await commitRow(await connect())).toBe("COMMIT");
    expect(cancelled.hits).toBe(0);
  });

  it("freezes the whole network, new connections too, and thaws it", async () => {
    const client = await connect();
    proxy.freeze();
    const query = client.query("SELECT 1 AS one");
    const newcomer = connect();
    expect(await soon(Promise.race([query, newcomer]))).toBe(pending);
    proxy.thaw();
    expect((await query).rows).toEqual([{ one: 1 }]);
    expect((await (await newcomer).query("SELECT 2 AS two")).rows).toEqual([{ two: 2 }]);
  });

  it("cuts all connections, and takes new ones unless the node is isolated", async () => {
    const clients = await Promise.all([connect(), connect()]);
    const sleeping = clients.map((client) => client.query("SELECT pg_sleep(60)"));
    const outcomes = Promise.allSettled(sleeping);
    await expect.poll(() => proxy.seen.length).toBe(2);
    proxy.cut();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await (await connect()).query("SELECT 1");
    proxy.isolate();
    await expect(connect()).rejects.toThrow(/ECONNRESET|terminated/);
    proxy.restore();
    await (await connect()).query("SELECT 1");
  });

  it("is slow, and cuts data in pieces, when it is told to", async () => {
    const client = await connect();
    const duration = async () => {
      const startedAt = performance.now();
      const { rows: found } = await client.query("SELECT repeat('x', 2000) AS text");
      expect(found[0].text).toHaveLength(2000);
      return performance.now() - startedAt;
    };
    proxy.shape({ sliceBytes: 1 });
    await duration();
    proxy.shape({ latencyMs: 100 });
    expect(await duration()).toBeGreaterThan(195);
    proxy.shape({ bytesPerSecond: 10_000 });
    expect(await duration()).toBeGreaterThan(195);
  });

  it("carries a request to cancel a query", async () => {
    const client = await connect();
    const outcome = Promise.allSettled([client.query("SELECT pg_sleep(61)")]);
    const running = "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(61)'";
    await expect.poll(() => cluster.node.query(running)).toHaveLength(1);
    const request = Buffer.alloc(16);
    const key = [Reflect.get(client, "processID"), Reflect.get(client, "secretKey")].map(Number);
    [16, 80877102, ...key].forEach((number, at) => {
      request.writeInt32BE(number, at * 4);
    });
    netConnect(proxy.port, proxy.host).end(request);
    expect(await outcome).toMatchObject([{ reason: { code: "57014" } }]);
  });

  it("sends new connections to another node when it is redirected", async () => {
    await using other = await startNodes();
    const ports = async () => (await (await connect()).query("SHOW port")).rows;
    expect(await ports()).toEqual([{ port: String(cluster.node.port) }]);
    proxy.redirect(other.node);
    expect(await ports()).toEqual([{ port: String(other.node.port) }]);
  });

  it("breaks the connection of a client whose server is not there", async () => {
    await using other = await startNodes();
    proxy.redirect(other.node);
    await other.node.stop();
    await expect(connect()).rejects.toThrow(/ECONNRESET|terminated/);
  });
});
