import { startNodes, startProxy, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { ledgerOf, runVersions, target } from "./executor.test.support.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

async function databaseWith(...shards: string[]): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  for (const shard of shards) {
    await database.query(`CREATE SCHEMA ${shard}`);
  }
  return database;
}

const leaves = "CREATE TEMPORARY TABLE left_behind (id int); SET work_mem TO '77MB'";

/** Fails if anything of it is still there. */
const findsNothing = `DO $$ BEGIN
  ASSERT current_setting('work_mem') <> '77MB' AND to_regclass('left_behind') IS NULL; END $$`;

describe("a session in which a version's guard is prepared", () => {
  it("is replaced if code drops what is prepared that came to be while a version ran", async () => {
    const database = await databaseWith("sh1");
    await database.query("CREATE TABLE sh1.t ()");
    await whileOneWaits(database, "sh1.t", onEveryCommand("EXECUTE 'DEALLOCATE ALL'"));
    const events = await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: "CREATE TABLE u ()",
        v2: { sql: "ALTER TABLE t ADD COLUMN b int; CREATE TABLE v ()", ...patient },
        v3: "ALTER TABLE t ADD COLUMN c int",
      },
    });
    expect(events.filter(({ type }) => type === "step:requeued")).toMatchObject([
      { version: "v3" },
    ]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2", "v3"]);
  });

  it("has it prepared once for versions that leave nothing, and not for others", async () => {
    const database = await databaseWith("sh1");
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    await runVersions({
      targets: [target("n", database, proxy)],
      versions: {
        v1: "CREATE TABLE a ()",
        v2: "CREATE TABLE b ()",
        v3: leaves,
        v4: leaves,
        v5: "CREATE TABLE c ()",
      },
    });
    const forms = proxy.seen
      .filter((sql) => sql.includes("BEGIN ISOLATION LEVEL"))
      .map(
        (sql) =>
          `${sql.includes("PREPARE") ? "prepared, " : ""}${sql.includes("EXECUTE pg_mig") ? "executed" : "text"}`,
      );
    expect(forms).toEqual([
      "prepared, executed",
      "executed",
      "executed",
      "text",
      "prepared, executed",
    ]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2", "v3", "v4", "v5"]);
  });

  it("has it not if there are event triggers, whose code runs beside any statement", async () => {
    const database = await databaseWith("sh1");
    await database.query(`CREATE FUNCTION public.nothing() RETURNS event_trigger LANGUAGE plpgsql
      AS $$ BEGIN END $$; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.nothing()`);
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    await runVersions({
      targets: [target("n", database, proxy)],
      versions: { v1: "CREATE TABLE a ()", v2: "CREATE TABLE b ()" },
    });
    expect(proxy.seen.filter((sql) => /PREPARE|EXECUTE pg_mig/.test(sql))).toEqual([]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
  });
});

/** Makes an event trigger whose function does what is given at the end of each command. */
function onEveryCommand(action: string): string {
  return `CREATE FUNCTION public.does() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN ${action}; END $$;
    CREATE EVENT TRIGGER does ON ddl_command_end EXECUTE FUNCTION public.does()`;
}

/** Holds a table until a version waits for it, and does something before that version goes on. */
async function whileOneWaits(database: TestDatabase, table: string, sql: string): Promise<void> {
  const client = await database.connect();
  await client.query(`BEGIN; LOCK TABLE ${table}`);
  const meanwhile = vi
    .waitFor(async () => {
      const waiting = await database.query("SELECT FROM pg_locks WHERE NOT granted");
      expect(waiting).toHaveLength(1);
    }, 10_000)
    .then(() => database.query(sql))
    .finally(() => client.end());
  onTestFinished(() => meanwhile.then(() => {}));
}

const patient = { limits: { lockTimeoutMs: 20_000 } };

describe("event triggers that are made during a run", () => {
  const leaves = onEveryCommand(
    "PERFORM set_config('work_mem', '77MB', false), set_config('search_path', 'public', false)",
  );

  it("by one of its versions leave nothing to the next one, and are no failure", async () => {
    const database = await databaseWith("sh1");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: leaves,
        v2: "CREATE TABLE t ()",
        v3: `${findsNothing}; CREATE TABLE u ()`,
        v4: "ALTER TABLE t ADD COLUMN c int",
        v5: findsNothing,
      },
    });
    expect(events.filter(({ type }) => type !== "step:start").map(({ type }) => type)).toEqual(
      Array(5).fill("step:done"),
    );
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2", "v3", "v4", "v5"]);
  });

  it("by others while a version runs leave nothing to the next one", async () => {
    const database = await databaseWith("sh1");
    await database.query("CREATE TABLE sh1.t ()");
    await whileOneWaits(database, "sh1.t", leaves);
    await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: "CREATE TABLE u ()",
        v2: { sql: "ALTER TABLE t ADD COLUMN b int; CREATE TABLE v ()", ...patient },
        v3: findsNothing,
        v4: "ALTER TABLE t ADD COLUMN c int",
      },
    });
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2", "v3", "v4"]);
  });

  it("are seen if they change the entry of a later version as it is stored", async () => {
    const database = await databaseWith("sh1");
    const rewrites = onEveryCommand(`UPDATE pg_proc SET prosrc = ' SELECT ''[]''; '
      WHERE proname = 'mig_versions_const' AND prosrc LIKE '%v3%'`);
    for (const v3 of ["CREATE TABLE t ()", "INSERT INTO u VALUES (1)"]) {
      const events = await runVersions({
        targets: [target("n", database)],
        versions: { v1: "CREATE TABLE u (id int)", v2: rewrites, v3 },
      });
      expect(events.filter(({ type }) => type === "step:failed")).toMatchObject([
        { version: "v3", error: { code: "LEDGER_NOT_STORED" } },
      ]);
      expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
      await database.query(`DROP EVENT TRIGGER does; DROP FUNCTION public.does;
        DROP SCHEMA sh1 CASCADE; CREATE SCHEMA sh1`);
    }
  });
});

describe("the reset of a session", () => {
  it("is sent with the COMMIT, which is a message of its own", async () => {
    const database = await databaseWith("sh1");
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    const fault = proxy.inject({ sql: /^COMMIT$/, at: "reply", action: "freeze" });
    const run = runVersions({
      targets: [target("n", database, proxy)],
      versions: { v1: leaves, v2: findsNothing },
    });
    await fault.hit;
    // The answer to COMMIT has not arrived.
    await vi.waitFor(() => expect(proxy.seen).toContain("DISCARD ALL"), 10_000);
    proxy.thaw();
    await run;
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
  });

  it("is done though the COMMIT failed", async () => {
    const database = await databaseWith("sh1", "sh2");
    await database.query("CREATE TABLE sh1.fails (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    const events = await runVersions({
      targets: [target("n", database)],
      versions: {
        v1: `${leaves}; DO $$ BEGIN IF current_schema() = 'sh1' THEN
          INSERT INTO fails VALUES (1), (1); END IF; END $$`,
        v2: findsNothing,
      },
      parallelism: 1,
    });
    expect(events.filter(({ type }) => type === "step:failed")).toMatchObject([
      { shard: "sh1", error: { code: "COMMIT_REFUSED" } },
    ]);
    expect(await ledgerOf(database, "sh1")).toEqual([]);
    expect(await ledgerOf(database, "sh2")).toEqual(["v1", "v2"]);
  });

  it("is told from the COMMIT before it when it fails: the version is there", async () => {
    const database = await databaseWith("sh1");
    const proxy = await startProxy(database);
    onTestFinished(() => proxy.stop());
    proxy.inject({ sql: /^DISCARD ALL$/, at: "reply", action: "cut" });
    const events = await runVersions({
      targets: [target("n", database, proxy)],
      versions: { v1: leaves, v2: findsNothing },
    });
    const ofFirst = events.filter((event) => "version" in event && event.version === "v1");
    expect(ofFirst.map(({ type }) => type)).toEqual(["step:start", "step:done"]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1", "v2"]);
  });
});
