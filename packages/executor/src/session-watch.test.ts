import { readShardLedger, takeShardSql } from "@pg-mig/ledger";
import type { RunEvent } from "@pg-mig/report";
import { SessionPool, SessionWatch } from "@pg-mig/sessions";
import { startNodes, startProxy, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ledgerOf, runHookOn, runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

/** Silence is noticed soon, so that the tests need not wait for it. */
const alert = { tickMs: 20, slowMs: 50, askEveryMs: 50, silenceMs: 1500 };

async function databaseWith(...shards: string[]): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  for (const shard of shards) {
    await database.query(`CREATE SCHEMA ${shard}; CREATE TABLE ${shard}.t(id int)`);
  }
  return database;
}

async function proxied(...shards: string[]) {
  const database = await databaseWith(...shards);
  const proxy = await startProxy(database);
  onTestFinished(() => proxy.stop());
  return { database, proxy, target: target("n", database, proxy) };
}

function ends(events: readonly RunEvent[]): string[] {
  return events
    .flatMap((event) =>
      event.type === "step:done" || event.type === "step:failed" || event.type === "step:in-doubt"
        ? [`${event.type} ${event.node} ${event.shard}`]
        : [],
    )
    .sort();
}

/** How often each shard has got the row that the version adds. */
async function rows(database: TestDatabase, shard: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(`SELECT count(*)::int FROM ${shard}.t`);
  return row?.count ?? -1;
}

const addRow = "INSERT INTO t VALUES (1)";

describe("a run whose network swallows connections", () => {
  it("goes on when a node comes back that answered nobody, while other nodes finish", async () => {
    const frozen = await proxied("sh1", "sh2");
    const other = await databaseWith("sh1");
    let thawed = false;
    const events = await runVersions({
      targets: [frozen.target, target("other", other)],
      versions: { v1: `SELECT pg_sleep(0.3); ${addRow}` },
      watch: alert,
      // An attempt to connect that meets the frozen node has a minute otherwise.
      connectTimeoutMs: 1000,
      onEvent: (event) => {
        if (event.type === "step:start" && event.node === "n" && !thawed) {
          const timer = setInterval(() => {
            const runs = frozen.proxy.seen.some((sql) => sql.includes("pg_sleep"));
            if (runs && !thawed) {
              frozen.proxy.freeze();
            }
            if (runs) {
              clearInterval(timer);
            }
          }, 20);
        }
        if (event.type === "step:requeued" && event.reason === "connection-lost" && !thawed) {
          thawed = true;
          frozen.proxy.thaw();
        }
      },
    });
    expect(thawed).toBe(true);
    expect(ends(events)).toEqual(["step:done n sh1", "step:done n sh2", "step:done other sh1"]);
    expect(await rows(frozen.database, "sh1")).toBe(1);
    expect(await rows(frozen.database, "sh2")).toBe(1);
  });

  it.each([
    ["the query is lost on its way", { sql: /INSERT/, at: "request", action: "freeze" }],
    ["the answer is lost on its way", { sql: /INSERT/, at: "reply", action: "freeze" }],
    ["COMMIT is lost on its way", { at: "request", action: "freeze" }],
    ["the answer to COMMIT is lost on its way", { at: "reply", action: "freeze" }],
    ["the client alone is told, before COMMIT", { at: "request", action: "cut-client" }],
    ["the client alone is told, after COMMIT", { at: "reply", action: "cut-client" }],
  ] as const)("breaks one connection, and finds out what is true, if %s", async (_, fault) => {
    const { database, proxy, target: node } = await proxied("sh1", "sh2");
    const planned = proxy.inject(fault);
    const events = await runVersions({ targets: [node], versions: { v1: addRow }, watch: alert });
    expect(planned.hits).toBe(1);
    expect(ends(events)).toEqual(["step:done n sh1", "step:done n sh2"]);
    const lost = events.filter((event) => event.type === "step:requeued");
    expect(new Set(lost.map(({ shard }) => shard)).size).toBe(1);
    for (const shard of ["sh1", "sh2"]) {
      expect(await rows(database, shard)).toBe(1);
      expect(await ledgerOf(database, shard)).toEqual(["v1"]);
    }
  });

  it("notices that a node is silent while a question is open that was about something else", async () => {
    const { database, proxy, target: node } = await proxied("sh1");
    // The answer to a question about the first version is lost, and nothing else of it.
    const question = proxy.inject({ sql: /pg_stat_activity/, at: "reply", action: "freeze" });
    let lost = 0;
    const events = await runVersions({
      targets: [node],
      versions: { v1: `SELECT pg_sleep(0.3); ${addRow}`, v2: `SELECT pg_sleep(0.3); ${addRow}` },
      // The question over another connection is asked when the node is frozen, and is open for a minute.
      watch: { ...alert, silenceMs: 3000 },
      onEvent: (event) => {
        if (event.type === "step:start" && event.version === "v2" && lost === 0) {
          const timer = setInterval(() => {
            if (proxy.seen.filter((sql) => sql.includes("pg_sleep")).length === 2) {
              proxy.freeze();
              clearInterval(timer);
            }
          }, 5);
        } else if (event.type === "step:requeued" && lost++ === 0) {
          proxy.thaw();
        }
      },
    });
    expect(question.hits).toBe(1);
    expect(lost).toBe(1);
    expect(ends(events)).toEqual(["step:done n sh1", "step:done n sh1"]);
    expect(await rows(database, "sh1")).toBe(2);
  }, 40_000);

  it("ends on the server what it gave up, with its locks", async () => {
    const { database, proxy, target: node } = await proxied("sh1");
    proxy.inject({ at: "request", action: "cut-client" });
    await runVersions({ targets: [node], versions: { v1: addRow }, watch: alert });
    const left = await database.query(
      "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
    );
    expect(left).toEqual([]);
  });

  it("runs before.sql on a node though the network swallows a query of it", async () => {
    const { database, proxy, target: node } = await proxied("sh1");
    const fault = proxy.inject({ sql: /INSERT/, at: "request", action: "freeze" });
    const events = await runHookOn("INSERT INTO sh1.t VALUES (1)", {
      targets: [node],
      watch: alert,
    });
    expect(fault.hits).toBe(1);
    expect(events.at(-1)?.type).toBe("hook:done");
    expect(await rows(database, "sh1")).toBe(1);
  });

  it("leaves alone what the server works at, and what works at the client, for long", async () => {
    const { database, target: node } = await proxied("sh1", "sh2");
    const longerThanSilence = (2 * alert.silenceMs) / 1000;
    const events = await runVersions({
      targets: [node],
      versions: {
        v1: `${addRow}; SELECT pg_sleep(${longerThanSilence});`,
        v2: `\\! sleep ${longerThanSilence}\n`,
        v3: `\\copy t FROM PROGRAM 'sleep ${longerThanSilence}; echo 2'\n`,
      },
      watch: alert,
    });
    expect(events.filter(({ type }) => type === "step:requeued")).toEqual([]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2", "v3"]);
    expect(await rows(database, "sh2")).toBe(2);
  });

  it.each([
    ["another version needs the session", { v1: "SET work_mem TO '5MB'", v2: addRow }],
    ["nobody needs the session any more", { v1: addRow }],
  ])("ends though the reset of a session is lost on its way and %s", async (_, versions) => {
    const { database, proxy, target: node } = await proxied("sh1");
    const fault = proxy.inject({ sql: /DISCARD ALL/, at: "request", action: "freeze" });
    await runVersions({ targets: [node], versions, watch: alert });
    expect(fault.hits).toBe(1);
    expect(await ledgerOf(database, "sh1")).toEqual(Object.keys(versions));
    expect(await rows(database, "sh1")).toBe(1);
  });

  it("comes to its end when a node stays frozen, and says that it lost it", async () => {
    const frozen = await proxied("sh1", "sh2");
    const other = await databaseWith("sh1");
    const events = await runVersions({
      targets: [frozen.target, target("other", other)],
      versions: { v1: addRow, v2: "SELECT 1" },
      watch: alert,
      reconnectForMs: 100,
      connectTimeoutMs: 300,
      onEvent: (event) => {
        if (event.type === "step:done" && event.node === "n") {
          frozen.proxy.freeze();
        }
      },
    });
    expect(ends(events)).toContain("step:done other sh1");
    expect(events).toContainEqual(
      expect.objectContaining({ type: "chain:abandoned", node: "n", reason: "node-lost" }),
    );
  });

  it("comes to its end when the connection of the questions breaks, too", async () => {
    const { database, proxy, target: node } = await proxied("sh1");
    proxy.inject({ at: "request", action: "freeze" });
    const events = await runVersions({
      targets: [node],
      versions: { v1: addRow },
      watch: alert,
      ask: () => Promise.reject(new Error("Connection terminated")),
    });
    expect(ends(events)).toEqual(["step:done n sh1"]);
    expect(await rows(database, "sh1")).toBe(1);
  });
});

it("asks about few nodes at a time, and about each of them in its turn", async () => {
  const nodes = ["n1", "n2", "n3", "n4", "n5"];
  const asked: string[] = [];
  let atOnce = 0;
  let most = 0;
  await runVersions({
    targets: await Promise.all(nodes.map(async (name) => target(name, await databaseWith("sh1")))),
    versions: { v1: "SELECT pg_sleep(1)" },
    watch: { tickMs: 20, slowMs: 50, askEveryMs: 0, askAtATick: 2, silenceMs: 60_000 },
    ask: async ({ name }) => {
      asked.push(name);
      most = Math.max(most, ++atOnce);
      setImmediate(() => {
        atOnce = 0;
      });
      return { rows: [] };
    },
  });
  expect([...new Set(asked)].sort()).toEqual(nodes);
  expect(most).toBe(2);
});

describe("a run whose sessions wait for others", () => {
  it("says who blocks a version, while it waits and when its time is spent", async () => {
    const database = await databaseWith("sh1");
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    await blocker.query(
      "SET application_name TO 'report'; BEGIN; SELECT 1 AS about, count(*) FROM sh1.t",
    );
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: "ALTER TABLE t ADD COLUMN c int" },
      watch: alert,
      retryForMs: 1000,
    });
    const {
      rows: [self],
    } = await blocker.query("SELECT pg_backend_pid() AS pid");
    const blockedBy = [
      expect.objectContaining({
        pid: self.pid,
        user: "postgres",
        application: "report",
        state: "idle in transaction",
        query: expect.stringContaining("AS about"),
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      }),
    ];
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "step:waiting",
        node: "n",
        shard: "sh1",
        version: "v1",
        blockedBy,
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: "step:requeued", reason: "lock-timeout", blockedBy }),
    );
    const failed = events.find((event) => event.type === "step:failed");
    expect(failed).toMatchObject({ blockedBy });
    expect(failed?.error.hint).toContain(`SELECT pg_terminate_backend(${self.pid});`);
  });

  it("says who blocks before.sql", async () => {
    const database = await databaseWith("sh1");
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    await blocker.query("BEGIN; SELECT count(*) FROM sh1.t");
    const events = await runHookOn("ALTER TABLE sh1.t ADD COLUMN c int", {
      targets: [target("n", database)],
      watch: alert,
      retryForMs: 600,
    });
    const waiting = events.find((event) => event.type === "step:waiting");
    expect(waiting).toMatchObject({ node: "n", blockedBy: [{ user: "postgres" }] });
    const failed = events.find((event) => event.type === "hook:failed");
    expect(failed?.error.hint).toContain(
      `SELECT pg_terminate_backend(${waiting?.blockedBy[0]?.pid});`,
    );
  });

  it("says who holds a shard that is taken", async () => {
    const database = await databaseWith("sh1");
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    const ledger = await readShardLedger(holder, "sh1");
    if (ledger === undefined) {
      throw new Error("no ledger");
    }
    const take = takeShardSql(ledger).join("; ");
    await holder.query(`SET application_name TO 'other run'; BEGIN; ${take}`);
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: addRow },
      retryForMs: 300,
    });
    const failed = events.find((event) => event.type === "step:failed");
    expect(failed).toMatchObject({
      error: { code: "SHARD_TAKEN" },
      blockedBy: [{ application: "other run", user: "postgres" }],
    });
  });

  it("says of who blocks what the server shows, where the role may not see more", async () => {
    const database = await databaseWith("sh1");
    await database.query(
      `CREATE ROLE plain LOGIN PASSWORD '${database.password}';
       ALTER SCHEMA sh1 OWNER TO plain; ALTER TABLE sh1.t OWNER TO plain`,
    );
    onTestFinished(async () => {
      await database.query("DROP OWNED BY plain CASCADE; DROP ROLE plain");
    });
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    await blocker.query("BEGIN; SELECT count(*) FROM sh1.t");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: { v1: "ALTER TABLE t ADD COLUMN c int" },
      watch: alert,
      retryForMs: 600,
      user: "plain",
    });
    const failed = events.find((event) => event.type === "step:failed");
    expect(failed?.blockedBy).toEqual([
      { pid: expect.any(Number), user: "postgres", application: "testkit" },
    ]);
  });
});

it("takes the reason of an abort for no bug", async () => {
  const database = await databaseWith();
  const controller = new AbortController();
  const { signal } = controller;
  let refused = 0;
  const sessions = new SessionPool({
    async connect() {
      refused += Number(signal.aborted);
      signal.throwIfAborted();
      return database.connect();
    },
    cancel: async () => {},
  });
  const bugs: unknown[] = [];
  const onBug = (bug: unknown) => bugs.push(bug);
  const watch = new SessionWatch({ ...alert, sessions, signal, onBug, emit: () => {} });
  onTestFinished(() => watch.stop());

  const session = await sessions.acquire({ name: "n", label: "n", host: "n" });
  await session.ready();
  controller.abort(new Error("enough"));
  session.destroy();
  // The watch connects to end what the session has left on its server.
  await expect.poll(() => refused).toBeGreaterThan(1);
  expect(bugs).toEqual([]);
});
