import type { TestDatabase, TestReplica } from "@pg-mig/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });

let replica: TestReplica;
beforeAll(async () => {
  replica = await cluster().startReplica();
});

/** A scenario in which the first of two databases is on a replica, too. */
async function replicated() {
  const prepared = await scenario({ shards: ["sh1"] });
  await prepared.migrations({ "1.a.sh": "CREATE TABLE t();" });
  await replica.catchUp();
  const copy = addressOn(replica, prepared.database);
  const all = [copy, ...prepared.databases.map(({ url }) => url)].join(",");
  return { ...prepared, copy, all, note: `127.0.0.1:${replica.port} is a replica and is skipped.` };
}

function addressOn(node: TestReplica, { name }: TestDatabase): string {
  const url = new URL(node.url);
  url.pathname = `/${name}`;
  return url.href;
}

describe("a replica in the list", () => {
  it("is skipped with a note, while the primaries are migrated", async () => {
    const { pgMig, all, note, ledger, databases, database } = await replicated();
    const { status, stdout, stderr } = await pgMig([`--hosts=${all}`]);
    expect(status).toBe(0);
    expect(stderr).toContain(note);
    expect(stdout).toContain("Done: 2 of 2 steps applied");
    for (const each of databases) {
      expect(await ledger("sh1", each)).toEqual(["1.a.sh"]);
    }
    // What was done at its primary comes to it as everything does.
    await replica.catchUp();
    const client = await replica.connect(database.name);
    expect((await client.query("SELECT sh1.mig_versions_const() AS list")).rows).toEqual([
      { list: '["1.a.sh"]' },
    ]);
    await client.end();
    const again = await pgMig([`--hosts=${all}`]);
    expect(again.stderr).toContain(note);
    expect(again.stdout).toContain("Nothing to do.");
  });

  it("is skipped by --dry and status, too", async () => {
    const { pgMig, all, note } = await replicated();
    const dry = await pgMig([`--hosts=${all}`, "--dry"]);
    expect(dry).toMatchObject({
      status: 0,
      stderr: `note: ${note}\n`,
      stdout: expect.stringContaining("Would apply 2 steps on 2 shards"),
    });
    const status = await pgMig([`--hosts=${all}`, "status"]);
    expect(status).toMatchObject({
      status: 0,
      stderr: `note: ${note}\n`,
      stdout: expect.stringContaining("2 steps pending on 2 shards."),
    });
  });

  it("is a note for programs, and no node of the run", async () => {
    const { pgMig, all, note, databases } = await replicated();
    const { stdout } = await pgMig([`--hosts=${all}`, "--json"]);
    const lines = stdout.trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line));
    expect(events).toContainEqual({ type: "note", message: note });
    const start = events.find(({ type }) => type !== "note");
    expect(start).toMatchObject({ type: "run:start", steps: 2 });
    expect(start.nodes).toEqual(databases.map(({ port }) => `127.0.0.1:${port}`).sort());
  });

  it("is skipped as well as a second name of a database, which is used once", async () => {
    const { pgMig, all, note, database } = await replicated();
    const twice = database.url.replace("127.0.0.1", "localhost");
    const { status, stdout, stderr } = await pgMig([`--hosts=${all},${twice}`]);
    expect(status).toBe(0);
    expect(stderr).toContain(note);
    expect(stderr).toMatch(/is the same database as .* and is used once\./);
    expect(stdout).toContain("Done: 2 of 2 steps applied");
  });

  it("is skipped with --createdb, too, if it lacks the database", async () => {
    const { pgMig, databases, database, note } = await replicated();
    const name = `made_${database.name}`;
    const [copy, url] = [replica, database].map((node) => {
      const made = new URL(node.url);
      made.pathname = `/${name}`;
      return made.href;
    });
    const hosts = `--hosts=${copy},${url},${databases[1]?.url}`;
    const dry = await pgMig([hosts, "--createdb", "--dry"]);
    expect(dry.status).toBe(0);
    expect(dry.stderr.split("\n").sort()).toEqual([
      "",
      `note: ${note}`,
      `note: The database "${name}" does not exist on 127.0.0.1:${database.port}; an apply makes it.`,
    ]);
    const { status, stderr } = await pgMig([hosts, "--createdb"]);
    expect(status).toBe(0);
    expect(stderr).toContain(note);
    expect(stderr).toContain(`The database "${name}" did not exist on 127.0.0.1:${database.port};`);
    await cluster().node.query(`DROP DATABASE ${name}`);
  });

  it("is not enough: without a primary nothing can be done", async () => {
    const { pgMig, copy } = await replicated();
    const { status, stdout, stderr } = await pgMig([`--hosts=${copy}`]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("There is no primary among the nodes: 127.0.0.1.");
    expect(stderr).toContain("what to do: All of them are replicas.");
  });
});
