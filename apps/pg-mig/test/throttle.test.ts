import type { TestReplica } from "@pg-mig/testkit";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { printedEvents } from "./printed-events.js";
import { type CommandResult, quote, type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });
const shards = Array.from({ length: 6 }, (_, i) => `sh${i + 1}`);
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";
const versions = { [first]: "CREATE TABLE t (id int)", [second]: "CREATE TABLE u (id int)" };

let replica: TestReplica;
beforeAll(async () => {
  replica = await cluster().startReplica();
  const client = await replica.connect();
  // So that the primary soon hears how far it is.
  await client.query("ALTER SYSTEM SET wal_receiver_status_interval = '1s'");
  await client.query("SELECT pg_reload_conf()");
  await client.end();
});

/** A scenario with a throttle, and with a table that its query can look at on each node. */
async function throttled(throttle: object, files: Readonly<Record<string, string>> = versions) {
  const given = await scenario({ shards });
  for (const database of given.databases) {
    await database.query("CREATE TABLE public.held AS SELECT false AS held");
  }
  await given.migrations(files);
  await given.config({ throttle });
  return given;
}

const holdQuery = "SELECT held FROM public.held";
const setHeld = (given: Scenario, held: string, node = 0) =>
  given.databases[node]?.query(`UPDATE public.held SET held = ${held}`);

/** The events of one node, by its place in the list. */
const ofNode = (ended: CommandResult, { databases }: Scenario, index: number) =>
  printedEvents(ended).filter(({ node }) => String(node).includes(`:${databases[index]?.port}`));

/** What a node did between each time that it was paused and that it was resumed. */
function whilePaused(events: ReturnType<typeof ofNode>): readonly string[] {
  const from = events.findIndex(({ type }) => type === "node:paused");
  const to = events.findIndex(({ type }) => type === "node:resumed");
  expect([from >= 0, to > from], "it was paused, then resumed").toEqual([true, true]);
  return events.slice(from + 1, to).map(({ type }) => String(type));
}

const tables = (name: string) =>
  `SELECT count(*)::int FROM pg_class WHERE relname = '${name}' AND relkind = 'r'`;

describe("the throttle", () => {
  it("leaves a node alone while its standby lags, and lets others go on", async () => {
    const given = await throttled({
      lag: { pause: "1h", resume: "1m" },
      lagBytes: { pause: "1MB", resume: "64kB" },
    });
    const client = await replica.connect();
    onTestFinished(async () => {
      await client.query("SELECT pg_wal_replay_resume()");
      await client.end();
    });
    await client.query("SELECT pg_wal_replay_pause()");
    await given.database.query(
      "CREATE TABLE ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)",
    );
    const run = given.startHere(["--json"]);
    await run.printed('"type":"node:paused"');
    await expect
      .poll(() => given.column(tables("u"), given.databases[1]), { timeout: 20_000 })
      .toEqual([shards.length]);
    expect(await given.column(tables("t"))).toEqual([0]);
    await client.query("SELECT pg_wal_replay_resume()");
    const ended = await run.result;
    expect(ended.status).toBe(0);
    const events = ofNode(ended, given, 0);
    expect(events[0]).toMatchObject({ type: "node:paused", reasons: ["lagBytes"] });
    expect(events[0]?.why).toMatch(new RegExp(`^the standby ${replica.name} lags by \\d+ MB$`));
    expect(events[1]).toMatchObject({ type: "node:resumed" });
    expect(ofNode(ended, given, 1).filter(({ type }) => type.startsWith("node:"))).toEqual([]);
    expect(printedEvents(ended).at(-1)?.report).toMatchObject({
      outcome: "done",
      pausedNodes: [{ why: events[0]?.why }],
    });
  });

  it("sees the time by which a standby lags, and passes over those that `except` names", async () => {
    const limits = { lag: { pause: "1s", resume: "500ms" }, maxWait: "30ms" };
    const given = await throttled(limits);
    const client = await replica.connect();
    onTestFinished(async () => {
      await client.query("SELECT pg_wal_replay_resume()");
      await client.end();
    });
    await replica.catchUp();
    await client.query("SELECT pg_wal_replay_pause()");
    await given.database.query("CREATE TABLE later ()");
    const lag = `SELECT coalesce(max(extract(epoch FROM replay_lag)), 0) > 1 FROM pg_stat_replication`;
    await expect.poll(() => given.column(lag), { timeout: 20_000 }).toEqual([true]);
    const ended = await given.pgMig(["--json"]);
    expect(ended.status).toBe(3);
    expect(ofNode(ended, given, 0)[0]).toMatchObject({ type: "node:paused", reasons: ["lagMs"] });
    await given.config({ throttle: { ...limits, except: [replica.name] } });
    expect(await given.pgMig()).toMatchObject({ status: 0 });
  });

  it("does not start the next version of a shard that is under way, either", async () => {
    const given = await throttled(
      { hold: holdQuery },
      {
        "20240101000000.a.sh1": "UPDATE public.held SET held = true",
        "20240102000000.b.sh1": "SELECT pg_sleep(3)",
        "20240103000000.c.sh1": "CREATE TABLE u (id int)",
      },
    );
    const run = given.startHere([`--hosts=${given.database.url}`, "--verbose"]);
    await run.printed("paused ");
    await run.printed("done 127.0.0.1:sh1 20240102000000.b.sh1");
    expect(await given.column(tables("u"))).toEqual([0]);
    await setHeld(given, "false");
    const { status, stderr } = await run.result;
    expect(status).toBe(0);
    expect(stderr).toMatch(/paused 127\.0\.0\.1: the query `hold` says so\n/);
    expect(stderr).toMatch(/resumed 127\.0\.0\.1 after [\d.]+ m?s\n/);
    expect(await given.column(tables("u"))).toEqual([1]);
  });

  it("counts the sessions of others that are active, and none of the run", async () => {
    const given = await throttled({ active: { pause: 2, resume: 1 } });
    const others = await Promise.all([given.database.connect(), given.database.connect()]);
    const work = others.map((other) => other.query("SELECT pg_sleep(600)").catch(() => {}));
    onTestFinished(async () => {
      await Promise.all(others.map((other) => other.end()));
    });
    const run = given.startHere(["--json"]);
    await run.printed('"type":"node:paused"');
    await given.database.query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'",
    );
    await Promise.all(work);
    const ended = await run.result;
    expect(ended.status).toBe(0);
    const events = ofNode(ended, given, 0);
    expect(events[0]).toMatchObject({
      reasons: ["active"],
      why: "2 sessions of others are active",
    });
    expect(whilePaused(events)).toEqual([]);
  });

  it("starts nothing more while somebody waits for a lock of the run", async () => {
    const given = await throttled(
      { blocked: { pause: 1, resume: 0 } },
      { [first]: "LOCK TABLE public.wanted; SELECT pg_sleep(1.5)" },
    );
    for (const database of given.databases) {
      await database.query("CREATE TABLE public.wanted ()");
    }
    const other = await given.database.connect();
    onTestFinished(() => other.end());
    const run = given.startHere(["--json", "--parallelism=1"]);
    await run.printed(`:${given.database.port}`);
    await expect
      .poll(() =>
        given.column("SELECT count(*)::int FROM pg_locks WHERE mode = 'AccessExclusiveLock'"),
      )
      .not.toEqual([0]);
    await other.query("SELECT FROM public.wanted");
    const ended = await run.result;
    expect(ended.status).toBe(0);
    const events = ofNode(ended, given, 0);
    expect(whilePaused(events)).not.toContain("step:start");
    expect(events.find(({ type }) => type === "node:paused")).toMatchObject({
      reasons: ["blocked"],
      why: "1 session of others waits for locks of this run",
    });
  });

  it("ends the run as a pause when something has waited for maxWait, and says why", async () => {
    const given = await throttled({ hold: holdQuery, maxWait: "1500ms" });
    await setHeld(given, "true");
    const { status, stdout, stderr } = await given.pgMig();
    expect(status).toBe(3);
    const why =
      /:\d+ is paused for [\d.]+ s, longer than throttle lets it be: the query `hold` says so\./;
    expect(stdout).toMatch(why);
    expect(stderr).toMatch(why);
    expect(stdout).toContain("Paused: 12 of 24 steps applied, 12 not attempted");
    expect(await given.column(tables("u"), given.databases[1])).toEqual([shards.length]);
    await setHeld(given, "false");
    expect(await given.pgMig()).toMatchObject({ status: 0 });
  });

  it("ends at once, without an error, if it is interrupted while a node is paused", async () => {
    const given = await throttled({ hold: holdQuery });
    await setHeld(given, "true");
    await setHeld(given, "true", 1);
    const run = given.startHere();
    await run.printed("paused ");
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toContain("Interrupted: 0 of 24 steps applied, 24 not attempted");
  });

  it("pauses a node whose query fails on the way, and says what the server said", async () => {
    const given = await throttled({ hold: holdQuery });
    await setHeld(given, "true");
    const run = given.startHere(["--json"]);
    await run.printed('"type":"node:paused"');
    await given.database.query("ALTER TABLE public.held RENAME TO gone");
    await run.printed('"unknown"');
    await given.database.query("ALTER TABLE public.gone RENAME TO held");
    await setHeld(given, "false");
    const ended = await run.result;
    expect(ended.status).toBe(0);
    expect(ofNode(ended, given, 0)).toContainEqual({
      type: "node:paused",
      node: expect.any(String),
      reasons: ["hold", "unknown"],
      why: 'the query `hold` failed: relation "public.held" does not exist',
    });
  });

  it("asks on over another connection if its own is ended, and stays paused meanwhile", async () => {
    const given = await throttled({ hold: holdQuery });
    await setHeld(given, "true");
    const run = given.startHere(["--json"]);
    await run.printed('"type":"node:paused"');
    await given.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'pg-mig%' AND query = 'ROLLBACK'`,
    );
    await expect
      .poll(() => given.column(tables("u"), given.databases[1]), { timeout: 20_000 })
      .toEqual([shards.length]);
    expect(await given.column(tables("t"))).toEqual([0]);
    await setHeld(given, "false");
    const ended = await run.result;
    expect(ended.status).toBe(0);
    expect(whilePaused(ofNode(ended, given, 0))).toEqual([]);
  });

  it("holds an undo, too", async () => {
    const given = await throttled({ hold: holdQuery, maxWait: 0 });
    expect(await given.pgMig()).toMatchObject({ status: 0 });
    await setHeld(given, "true");
    await setHeld(given, "true", 1);
    expect(await given.pgMig(["undo", second])).toMatchObject({ status: 3 });
    expect(await given.column(tables("u"))).toEqual([shards.length]);
  });

  it.each([
    ["SELECT NULL::boolean", "the query `hold` gave null, neither true nor false."],
    ["SELECT 3", "the query `hold` gave 3, neither true nor false."],
    ["SELECT held FROM held", 'the query `hold` failed: relation "held" does not exist.'],
    [
      "SELECT pg_sleep(60)",
      "the query `hold` failed: canceling statement due to statement timeout.",
    ],
  ])("refuses a query that says neither yes nor no: %s", async (hold, why) => {
    const given = await throttled({ hold });
    for (const command of ["plan", "apply"]) {
      const { status, stderr } = await given.pgMig([command, `--hosts=${given.database.url}`]);
      expect(status).toBe(1);
      expect(stderr).toContain(`The throttle cannot see how 127.0.0.1 is: ${why}`);
    }
    expect(await given.column(tables("t"))).toEqual([0]);
  });

  it("takes a query without a row for a no", async () => {
    const given = await throttled({ hold: "SELECT true WHERE false" });
    expect(await given.pgMig()).toMatchObject({ status: 0 });
  });

  it("refuses what a role without pg_monitor cannot see, and takes what it can", async () => {
    const limits = { pause: 100_000, resume: 1 };
    const given = await throttled({ active: limits });
    const { database } = given;
    await database.query(`CREATE ROLE blind LOGIN PASSWORD 'blind' NOINHERIT;
      GRANT CREATE ON DATABASE ${quote(database.name)} TO blind; GRANT USAGE, CREATE ON SCHEMA public TO blind;
      ${shards.map((shard) => `ALTER SCHEMA ${shard} OWNER TO blind`).join("; ")}`);
    onTestFinished(async () => {
      await database.query("DROP OWNED BY blind CASCADE; DROP ROLE blind");
    });
    const url = new URL(database.url);
    Object.assign(url, { username: "blind", password: "blind" });
    const asBlind = async (throttle: object) => {
      await given.config({ throttle });
      return given.pgMig([`--hosts=${url.href}`]);
    };
    for (const throttle of [
      { active: limits },
      { lagBytes: limits },
      { lag: { pause: "1m", resume: 0 } },
    ]) {
      const { status, stderr } = await asBlind(throttle);
      expect(status).toBe(1);
      expect(stderr).toContain("is: the role may not see standbys and sessions of others.");
      expect(stderr).toContain("Grant the role pg_monitor");
    }
    expect(await given.column(tables("t"))).toEqual([0]);
    expect(await asBlind({ blocked: { pause: 1, resume: 0 } })).toMatchObject({ status: 0 });
    await database.query("ALTER ROLE blind INHERIT; GRANT pg_monitor TO blind");
    expect(await asBlind({ active: limits, lagBytes: limits })).toMatchObject({ status: 0 });
  });

  it("takes one connection more on each node, and none without the setting", async () => {
    const sessions = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = current_setting('application_name')`;
    const count = { [first]: `CREATE TABLE t AS ${sessions}` };
    const counted = async (throttle: object | undefined) => {
      const given = await throttled(throttle ?? { hold: "SELECT false" }, count);
      if (throttle === undefined) {
        await given.config({});
      }
      expect(await given.pgMig(["--parallelism=1"])).toMatchObject({ status: 0 });
      return Number((await given.column("SELECT n FROM sh6.t"))[0]);
    };
    expect(await counted({ active: { pause: 1000, resume: 1 } })).toBe(
      (await counted(undefined)) + 1,
    );
  });
});
