import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { printedEvents } from "./printed-events.js";
import { type CommandResult, type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const shards = ["sh1", "sh2", "sh3"];
const version = "20240101000000.rename.sh";

/** A canary of one shard on each node, with a gate. */
async function withGate(given: Scenario, gate: object) {
  await given.config({ rollout: { waves: [{ name: "canary", only: "shard=sh1", gate }] } });
}

/** The answers of gates, in their order. */
function answers(result: CommandResult): unknown[] {
  return printedEvents(result).flatMap(({ type, answer }) => (type === "gate" ? [answer] : []));
}

/** The shards that have the version. */
async function applied({ databases, column }: Scenario): Promise<unknown[]> {
  const sql = `SELECT nspname::text FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid
    WHERE proname = 'mig_versions_const' ORDER BY 1`;
  return (await Promise.all(databases.map((database) => column(sql, database)))).flat();
}

describe("the gate after a wave", () => {
  it("sees a version that breaks an application's query, and goes on when that is repaired", async () => {
    const given = await scenario({ shards });
    for (const database of given.databases) {
      for (const shard of shards) {
        await database.query(`CREATE TABLE ${shard}.users (mail text)`);
      }
    }
    await given.migrations({ [version]: "ALTER TABLE users RENAME mail TO email" });
    await withGate(given, { sql: "SELECT count(mail) >= 0 FROM sh1.users" });
    const { status, stdout, stderr } = await given.pgMig();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Gate of wave canary: no, the query failed on .*column "mail" does not exist\.$/m,
    );
    expect(stdout).toContain("Failed: 2 of 6 steps applied, 4 not attempted");
    expect(stdout).toContain("The gate of the wave canary says no: the query failed on ");
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
    const shown = (await given.pgMig(["status"])).stdout;
    expect(shown).toContain("Wave 2 of 2, rest, is next: 4 of 4 shards pending.");
    expect(shown).toContain("Wave canary is done: the next run asks its gate (sql).");
    expect(JSON.parse((await given.pgMig(["status", "--json"])).stdout).waves).toMatchObject([
      { name: "canary", pendingShards: 0, gate: "sql" },
      { name: "rest", pendingShards: 4 },
    ]);

    // The next run, from any machine, asks the gate first.
    expect((await given.pgMig()).status).toBe(1);
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
    await withGate(given, { sql: "SELECT count(email) >= 0 FROM sh1.users" });
    const next = await given.pgMig(["--json"]);
    expect(next.status).toBe(0);
    expect(answers(next)).toEqual(["yes"]);
    expect(await applied(given)).toEqual([...shards, ...shards]);
  });

  it.each([
    ["false", "the query gave false on "],
    ["NULL::boolean", "the query gave null on "],
    ["'t'", 'the query gave "t" on '],
    ["true WHERE false", "the query gave no row on "],
    ['false AS ok, true AS "1"', "the query gave false on "],
    ["false, true", "the query gave false on "],
  ])("takes nothing but true for a yes: %s", async (value, why) => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, { sql: `SELECT ${value}` });
    const { status, stdout } = await given.pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain(why);
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
  });

  it.each([
    ["CREATE TABLE public.made AS SELECT true", "read-only transaction"],
    ["COMMIT; CREATE TABLE public.made AS SELECT true", "multiple commands"],
    ["COMMIT", "the query gave no row on "],
    ["SELECT set_config('default_transaction_read_only', 'on', false) = 'on'", undefined],
  ])("can change nothing, and leaves nothing to the versions after it: %s", async (sql, words) => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, { sql });
    const { status, stdout } = await given.pgMig();
    expect(stdout).toContain(words ?? "Done: 6 of 6 steps applied");
    expect(status).toBe(words === undefined ? 0 : 1);
    expect(await given.column("SELECT to_regclass('public.made')")).toEqual([null]);
  });

  it("sees a version that makes an application's query slow", async () => {
    const given = await scenario({ shards });
    await given.migrations({
      [version]: "CREATE VIEW report AS SELECT 1 AS n FROM pg_catalog.pg_sleep(1)",
    });
    const took = "clock_timestamp() - statement_timestamp()";
    await withGate(given, { sql: `SELECT count(*) = 1 AND ${took} < '0.5 s' FROM sh1.report` });
    const { status, stderr } = await given.pgMig();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Gate of wave canary: no, /m);
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
  });

  it("is ended by Ctrl-C while its query runs", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, { sql: "SELECT pg_sleep(3600) IS NULL" });
    const run = given.start();
    const asleep = `SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    await vi.waitUntil(async () => (await given.column(asleep))[0] === 1, { timeout: 60_000 });
    run.kill("SIGINT");
    // The server would end it by itself after 30 s.
    await vi.waitUntil(async () => (await given.column(asleep))[0] === 0, { timeout: 20_000 });
    const { status } = await run.result;
    expect(status).toBe(130);
  });

  it("is ended by Ctrl-C while its command runs, with all that this has started", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    const file = join(tmpdir(), `gate-${process.pid}`);
    onTestFinished(() => rm(file, { force: true }));
    await withGate(given, {
      command: `sleep 3600 & echo $! >${file}.new; mv ${file}.new ${file}; wait`,
    });
    const run = given.start();
    const pid = await vi.waitFor(async () => Number(await readFile(file, "utf8")), {
      timeout: 60_000,
    });
    run.kill("SIGINT");
    expect((await run.result).status).toBe(130);
    const isGone = () => expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await vi.waitFor(isGone, { timeout: 30_000 });
  });

  it("may be a command, which says why not", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, { command: "echo the queue is full >&2; exit 3" });
    const { status, stdout } = await given.pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("says no: the command ended with status 3: the queue is full.");
    await withGate(given, { command: "kill -9 $$" });
    expect((await given.pgMig()).stdout).toContain("says no: the command ended with SIGKILL.");
    await withGate(given, { command: "head -c 3000000 /dev/zero" });
    expect((await given.pgMig()).status).toBe(0);
  });

  it("may be an HTTP address, asked again after a no, and for a time after a yes", async () => {
    const statuses = [503, 204, 302, 200, 503, 500];
    const server = createServer((_, response) => {
      response.writeHead(statuses.shift() ?? 200, { location: "/login" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as { readonly port: number };
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    const gate = { http: `http://127.0.0.1:${port}/ready`, every: "100ms", failures: 2 };
    await withGate(given, { ...gate, for: "1h" });
    const ended = await given.pgMig(["--json"]);
    expect(ended.status).toBe(1);
    expect(answers(ended)).toEqual(["no", "yes", "no", "yes", "no", "no"]);
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
  });

  it("may be that the shards of the wave are alike", async () => {
    const given = await scenario({ shards });
    const [database] = given.databases;
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await database?.query("CREATE TABLE sh1.odd ()");
    await withGate(given, { alike: true });
    const { status, stdout } = await given.pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("says no: the shards are not alike: ");
    await database?.query("DROP TABLE sh1.odd");
    expect((await given.pgMig()).status).toBe(0);
  });

  it("that is asked on and on is ended by a pause", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, { command: "true", for: "1h", every: "100ms" });
    expect((await given.pgMig(["--max-duration=3s"])).status).toBe(3);
    expect(await applied(given)).toEqual(["sh1", "sh1"]);
  });

  it.each([
    [{}, "a gate with one of sql, command, http, alike, got an object with nothing."],
    [{ sql: "SELECT true", command: "true" }, "a gate with one of sql, command, http, alike"],
    [{ alike: false }, "to be true, got false (boolean)"],
    [{ http: "ftp://nowhere" }, "an address that begins with http:// or https://"],
    [{ http: "http://" }, "an address that begins with http:// or https://"],
    [{ http: "http://me:S3cret@127.0.0.1/" }, "without user and password"],
    [{ command: "true", failures: 0 }, "a whole number from 1"],
    [{ command: "true", every: "0s" }, "a time that is longer than 0"],
    [{ command: "true", untill: "5m" }, 'not "untill"'],
  ])("is refused by name if it is %j", async (gate, words) => {
    const given = await scenario({ shards });
    await given.migrations({ [version]: "CREATE TABLE t ()" });
    await withGate(given, gate);
    const { status, stderr } = await given.pgMig();
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("S3cret");
    expect(await applied(given)).toEqual([]);
  });
});
