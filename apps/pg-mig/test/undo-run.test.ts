import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printedEvents } from "./printed-events.js";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const shards = ["sh1", "sh2", "sh3"];
const old = "20240101000000.old.sh";
const first = "20240102000000.a.sh";
const second = "20240103000000.b.sh";
const release = {
  [first]: "CREATE TABLE a (id int)",
  [`${first}.dn.sql`]: "DROP TABLE a;",
  [second]: "CREATE TABLE b (id int)",
  [`${second}.dn.sql`]: "DROP TABLE b;",
};

/** A fleet that has the version before the release, and the release on disk. */
async function beforeRelease(files: Readonly<Record<string, string>> = release) {
  const given = await scenario({ shards });
  await given.migrations({ [old]: "SELECT 1" });
  expect((await given.pgMig()).status).toBe(0);
  await given.migrations(files);
  return given;
}

/** The ledger of each shard of each node. */
async function ledgers({ databases, ledger }: Scenario): Promise<string[][]> {
  return Promise.all(
    databases.flatMap((database) => shards.map((shard) => ledger(shard, database))),
  );
}

const allOld = Array(6).fill([old]);

describe("pg-mig undo --run", () => {
  it("undoes what the run has applied, newest first, and nothing else", async () => {
    const given = await beforeRelease();
    expect((await given.pgMig(["--report=release.json"])).status).toBe(0);
    const report = JSON.parse(await readFile(join(given.folder, "release.json"), "utf8"));
    expect(report.nodes).toEqual(
      given.databases.map(() => ({
        node: expect.any(String),
        systemIdentifier: expect.stringMatching(/^-?\d+$/),
        databaseOid: expect.stringMatching(/^\d+$/),
      })),
    );
    const undo = await given.pgMig(["undo", "--run=release.json", "--json"]);
    expect(undo).toMatchObject({ status: 0 });
    expect(await ledgers(given)).toEqual(allOld);
    const events = printedEvents(undo);
    expect(events.at(-1)?.report).toMatchObject({ action: "undo", planned: 12, done: 12 });
    const nodes = new Set(events.flatMap(({ type, node }) => (type === "step:done" ? node : [])));
    expect(nodes.size).toBe(2);
    for (const node of nodes) {
      const ofOneShard = events.filter(
        (event) => event.type === "step:done" && event.node === node && event.shard === "sh2",
      );
      expect(ofOneShard.map(({ version }) => version)).toEqual([second, first]);
    }
    const again = await given.pgMig(["undo", "--run=release.json"]);
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do.") });
  });

  it("leaves alone what another run has applied since", async () => {
    const given = await beforeRelease();
    expect((await given.pgMig(["--report=release.json"])).status).toBe(0);
    for (const [version, shard] of [
      [second, "sh1"],
      [second, "sh2"],
      [first, "sh2"],
    ]) {
      expect((await given.pgMig(["undo", `${version}`, `--only=shard=${shard}`])).status).toBe(0);
    }
    // The ledger has whole seconds.
    const [now] = await given.column("SELECT clock_timestamp()");
    await given.column(
      `SELECT pg_sleep_until(date_trunc('second', '${(now as Date).toISOString()}'::timestamptz) + '2 s')`,
    );
    expect((await given.pgMig()).status).toBe(0);
    const { status, stdout } = await given.pgMig(["undo", "--run=release.json"]);
    expect({ status, stdout }).toMatchObject({ status: 1 });
    expect(stdout).toContain(`${second} comes after it, and is not of this run.`);
    expect(stdout).toContain(
      `It stays on 2 shards, as another run has applied it there since.\n    ${first}\n`,
    );
    expect(stdout).toContain(
      `It stays on 4 shards, as another run has applied it there since.\n    ${second}\n`,
    );
    const all = [old, first, second];
    expect(await ledgers(given)).toEqual([all, all, [old], all, all, [old]]);
    const again = await given.pgMig(["undo", "--run=release.json", "--only=shard=sh2"]);
    expect(again.status).toBe(0);
    const stays = "  It stays on 2 shards, as another run has applied it there since.";
    expect(again.stdout).toContain(`${stays}\n    ${first}\n${stays}\n    ${second}\n`);
    expect(again.stdout).toContain("Nothing to do");
  });

  it("names a version whose dn file is empty, or fails: it stays, with those before it", async () => {
    const given = await beforeRelease({
      ...release,
      [`${first}.dn.sql`]: "-- nobody knows how\n",
    });
    expect((await given.pgMig(["--report=release.json"])).status).toBe(0);
    await given.databases[1]?.query("CREATE VIEW sh3.v AS SELECT * FROM sh3.b");
    const { status, stdout } = await given.pgMig(["undo", "--run=release.json"]);
    expect({ status, stdout }).toMatchObject({ status: 1 });
    expect(stdout).toContain("Its dn file holds no statement: it would undo nothing.");
    expect(stdout).toContain("cannot drop table");
    const half = [old, first];
    expect(await ledgers(given)).toEqual([half, half, half, half, half, [old, first, second]]);
  });

  it("finds the nodes by their servers, whatever they are called, and refuses if one is away", async () => {
    const given = await beforeRelease();
    expect((await given.pgMig(["--report=release.json"])).status).toBe(0);
    const [one, two] = given.databases.map(({ url }) => url);
    const alone = await given.pgMig(["undo", "--run=release.json"], { env: { PGHOST: one } });
    expect(alone).toMatchObject({ status: 1 });
    expect(alone.stderr).toContain("RUN_NOT_UNDOABLE");
    expect(alone.stderr).toContain("No host leads to these nodes of the run: ");
    const other = [two, one].map((url) => url?.replace("127.0.0.1", "localhost")).join(",");
    const env = { PGHOST: other };
    expect((await given.pgMig(["undo", "--run=release.json"], { env })).status).toBe(0);
    expect(await ledgers(given)).toEqual(allOld);
  });

  it("refuses what is no report of an apply", async () => {
    const given = await beforeRelease();
    await given.write("none.json", "{}");
    const none = await given.pgMig(["undo", "--run=none.json"]);
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining("REPORT_UNREADABLE") });
    expect((await given.pgMig(["--report=a.json"])).status).toBe(0);
    const report = JSON.parse(await readFile(join(given.folder, "a.json"), "utf8"));
    await given.write("c.json", JSON.stringify({ ...report, nodes: report.nodes.slice(1) }));
    const cut = await given.pgMig(["undo", "--run=c.json"]);
    expect(cut).toMatchObject({ status: 1, stderr: expect.stringContaining("RUN_NOT_UNDOABLE") });
    expect(cut.stderr).toContain("does not say which database that is");
    const over = await given.pgMig(["undo", "--run=a.json", "--report=a.json"]);
    expect(over.stderr).toContain("--run and --report name one file");
    expect((await given.pgMig(["undo", second, "--report=b.json"])).status).toBe(0);
    const undone = await given.pgMig(["undo", "--run=b.json"]);
    expect(undone.stderr).toContain("The report is of an undo.");
    expect((await given.pgMig(["undo", second, "--run=a.json"])).stderr).toContain("exclude");
  });
});

describe("rollout.onStop: undo", () => {
  const stopping = (given: Scenario, rollout: object) =>
    given.config({ rollout: { onStop: "undo", ...rollout } });

  it("undoes what a run has applied that its budget stopped: the fleet is all old", async () => {
    const given = await beforeRelease({
      ...release,
      [second]: "SELECT 1 / (CASE current_schema() WHEN 'sh2' THEN 0 ELSE 1 END)",
      [`${second}.dn.sql`]: "SELECT 1;",
    });
    await stopping(given, { stopAt: { failed: 1 } });
    const { status, stdout, stderr } = await given.pgMig(["--report=r.json"]);
    expect({ status, stdout, stderr }).toMatchObject({ status: 1 });
    expect(stderr).toContain("Undoing what this run has applied (rollout.onStop).");
    expect(stderr).toContain("r.json finishes it");
    expect(await ledgers(given)).toEqual(allOld);
    // The report is that of the apply: nothing is left to undo.
    expect((await given.pgMig(["undo", "--run=r.json"])).stdout).toContain("Nothing to do.");
  });

  it("undoes the waves that are done if a gate says no; a failure alone undoes nothing", async () => {
    const given = await beforeRelease();
    const waves = [{ name: "canary", take: 2, gate: { command: "exit 1" } }];
    await stopping(given, { waves });
    const gate = await given.pgMig();
    expect(gate).toMatchObject({ status: 1 });
    expect(gate.stdout).toContain("The gate of the wave canary says no");
    expect(gate.stderr).toContain("with --report=FILE.json, undo --run=FILE.json finishes it");
    expect(await ledgers(given)).toEqual(allOld);
    await given.migrations({ [second]: "SELECT 1 / 0" });
    expect((await given.pgMig()).status).toBe(1);
    expect((await ledgers(given)).filter((versions) => versions.includes(first))).toHaveLength(2);
  });

  it.each([
    ["SIGKILL", null],
    ["SIGINT", 130],
  ] as const)("is finished by undo --run after a %s", async (signal, status) => {
    const given = await beforeRelease({
      ...release,
      [`${second}.dn.sql`]: "SELECT pg_sleep(60); DROP TABLE b;",
    });
    const waves = [{ name: "canary", take: 2, gate: { command: "exit 1" } }];
    await stopping(given, { waves });
    const run = given.start(["--report=r.json"]);
    await run.printed("Undoing 4 steps");
    run.kill(signal);
    expect((await run.result).status).toBe(status);
    await given.migrations(release);
    const { stderr, ...finished } = await given.pgMig(["undo", "--run=r.json", "--wait=1m"]);
    expect({ stderr, ...finished }).toMatchObject({ status: 0 });
    expect(await ledgers(given)).toEqual(allOld);
  });
});
