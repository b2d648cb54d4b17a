import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  ownRunLockSql,
  parseRunLockHolder,
  releaseRunLockSql,
  runLockHolderSql,
  runLockSessionSql,
  tryRunLockSql,
} from "./run-lock.js";
import { renderRunName } from "./run-name.js";

let cluster: TestCluster;
let database: TestDatabase;

beforeAll(async () => {
  cluster = await startNodes();
  database = await cluster.node.createDatabase();
}, 60_000);

afterAll(() => cluster?.stop());

async function connect(options: pg.ClientConfig = {}, url = database.url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...options });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function tryLock(client: pg.Client): Promise<boolean> {
  return (await client.query(tryRunLockSql)).rows[0]?.taken;
}

async function holderSeenBy(client: pg.Client) {
  return parseRunLockHolder((await client.query(runLockHolderSql)).rows);
}

describe("the run lock", () => {
  it("is had by one session of a database at a time, until that gives it back or ends", async () => {
    const [first, second] = [await connect(), await connect()];
    expect(await tryLock(first)).toBe(true);
    expect(await tryLock(second)).toBe(false);
    await first.query(releaseRunLockSql);
    expect(await tryLock(second)).toBe(true);
    await second.end();
    expect(await tryLock(first)).toBe(true);
  });

  it("of another database of the server is another one", async () => {
    const other = await cluster.node.createDatabase();
    onTestFinished(() => other.drop());
    expect(await tryLock(await connect())).toBe(true);
    const elsewhere = await connect({}, other.url);
    expect(await holderSeenBy(elsewhere)).toBeUndefined();
    expect(await tryLock(elsewhere)).toBe(true);
  });

  it("is no lock that an application takes with the same bits as one number", async () => {
    const application = await connect();
    await application.query(`SELECT pg_advisory_lock(${BigInt(0x70676d68) << 32n})`);
    expect(await tryLock(await connect())).toBe(true);
  });

  it("tells a role without rights who has it", async () => {
    await database.query("CREATE ROLE nobody_special LOGIN PASSWORD 'x'");
    const run = { action: "undo", since: new Date(1_700_000_000_000), pid: 77, host: "ci-7" };
    const holder = await connect({ application_name: renderRunName(run) });
    await holder.query(runLockSessionSql);
    await tryLock(holder);
    const url = `postgres://nobody_special:x@${new URL(database.url).host}/${database.name}`;
    const seen = await holderSeenBy(await connect({}, url));
    const [{ pid } = { pid: 0 }] = (await holder.query("SELECT pg_backend_pid() AS pid")).rows;
    expect(seen).toMatchObject({ serverPid: pid, run, role: "postgres" });
  });

  it("is known to its own session, and to no other", async () => {
    const [first, second] = [await connect(), await connect()];
    await tryLock(first);
    expect((await first.query(ownRunLockSql)).rows).toHaveLength(1);
    expect((await second.query(ownRunLockSql)).rows).toHaveLength(0);
  });

  it("survives the time-outs that a role may have for sessions and statements", async () => {
    await database.query(
      "CREATE ROLE hasty SUPERUSER LOGIN PASSWORD 'x'; ALTER ROLE hasty SET idle_session_timeout TO 500",
    );
    const url = `postgres://hasty:x@${new URL(database.url).host}/${database.name}`;
    const lock = await connect({}, url);
    await lock.query(runLockSessionSql);
    await tryLock(lock);
    // The session without the settings is the clock: once it is gone, the other would be, too.
    const plain = await connect({}, url);
    await new Promise((resolve) => plain.once("end", resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await lock.query(ownRunLockSql)).rows).toHaveLength(1);
  });
});

describe("parseRunLockHolder", () => {
  it("makes do with what may be seen", () => {
    const hidden = { pid: 5, application_name: null, role: null, address: null };
    expect(parseRunLockHolder([hidden])).toEqual({
      serverPid: 5,
      run: undefined,
      applicationName: undefined,
      role: undefined,
      address: undefined,
    });
    expect(parseRunLockHolder([])).toBeUndefined();
  });
});
