import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

async function prepared() {
  const prepare = await scenario({ shards: ["sh1", "sh2", "unrelated"] });
  await prepare.migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
  return prepare;
}

/** What `status --json` says of each node. */
async function jsonStatus({ pgMig }: Pick<Scenario, "pgMig">) {
  const { stdout } = await pgMig(["status", "--json"]);
  return JSON.parse(stdout);
}

describe("pg-mig status", () => {
  it("counts what is pending, and changes nothing", async () => {
    const { pgMig, column, databases } = await prepared();
    const { status, stdout, stderr } = await pgMig(["status"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^\(none\) +0 versions +2 pending +127\.0\.0\.1:\d+:sh1-2; /);
    expect(stdout).toContain("8 steps pending on 4 shards.");
    expect(stdout).not.toContain("unrelated");
    for (const database of databases) {
      const made = "SELECT proname FROM pg_proc WHERE proname LIKE 'mig_%'";
      expect(await column(made, database)).toEqual([]);
    }
  });

  it("shows which shards have which version, and which are behind", async () => {
    const { pgMig, migrations } = await prepared();
    await migrations({ "2.b.sh": "SELECT 1 / (current_schema() <> 'sh2')::int;" });
    await pgMig();
    const { stdout } = await pgMig(["status"]);
    expect(stdout).toMatch(/^1\.a\.sh +1 version +1 pending +127\.0\.0\.1:\d+:sh2; \S+:sh2$/m);
    expect(stdout).toMatch(/^2\.b\.sh +2 versions +127\.0\.0\.1:\d+:sh1; \S+:sh1$/m);
    expect(stdout).toContain("2 steps pending on 2 shards.");
    expect(stdout).toMatch(/The last run did not finish on 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+\.\n/);
  });

  it("says so where nothing is pending", async () => {
    const { pgMig } = await prepared();
    await pgMig();
    const { stdout } = await pgMig(["status"]);
    expect(stdout).toContain("Nothing is pending.");
    expect(stdout).not.toContain("did not finish");
  });

  it("names files that were edited after they were applied, and where that was", async () => {
    const { pgMig, migrations } = await prepared();
    await pgMig();
    await migrations({ "1.a.sh": "CREATE TABLE other();" });
    const { status, stdout } = await pgMig(["status"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/1\.a\.sh was edited after it was applied on 127\.0\.0\.1:\d+:sh1-2/);
  });

  it("tells of a chosen shard what it has, since when and from which file, and what cannot be told", async () => {
    const { pgMig, migrations, database, folder } = await prepared();
    await pgMig();
    await migrations({
      "1.a.sh": "CREATE TABLE other();",
      "3.c.sh": "SELECT 1;",
      "4.d.sh": "SELECT 1;",
    });
    await pgMig();
    // As another tool writes it.
    await database.query(
      `CREATE OR REPLACE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT '["1.a.sh","2.b.sh","3.c.sh"]'; $$`,
    );
    const today = new Date().toISOString().slice(0, 10);
    const { stdout } = await pgMig(["status", "--only=shard=sh1"]);
    expect(stdout).toMatch(/^127\.\S+:sh1$/m);
    expect(stdout).toMatch(
      new RegExp(
        `^ {2}1\\.a\\.sh {2}${today} ..:.. UTC +from another file: it was edited since \\(SHA-256 [0-9a-f]{16}…\\)$`,
        "m",
      ),
    );
    expect(stdout).toMatch(/^ {2}2\.b\.sh {2}[-\d]{10} ..:.. UTC +from the file as it is$/m);
    expect((await pgMig(["status", "--only=shard=sh2"])).stdout).toMatch(
      /^ {2}3\.c\.sh {2}no time recorded {6}no file recorded: adopted, or applied by another tool$/m,
    );
    const json = JSON.parse((await pgMig(["status", "--only=shard=sh*", "--json"])).stdout);
    const url = new URL(database.url);
    const ofNode = json.nodes.find(({ node }: { node: string }) => node === url.host);
    const [first, second] = ofNode.shards;
    expect(first).toMatchObject({
      latestAt: expect.stringContaining("T"),
      versions: [
        { version: "1.a.sh", file: "edited" },
        { file: "same" },
        { file: "same" },
        { file: "same" },
      ],
    });
    expect(second.versions[0]).toEqual({ version: "1.a.sh", file: "unknown" });
    expect(second).not.toHaveProperty("latestAt");
    await rm(join(folder, "mig", "4.d.sh.up.sql"));
    await rm(join(folder, "mig", "4.d.sh.dn.sql"));
    expect((await pgMig(["status", "--only=shard=sh1"])).stdout).toMatch(
      /^ {2}4\.d\.sh {2}.* UTC +its file is gone \(SHA-256 [0-9a-f]{16}…\)$/m,
    );
    // Of a fleet nobody wants to read that.
    const whole = JSON.parse((await pgMig(["status", "--json"])).stdout);
    expect(whole.nodes[0].shards[0]).not.toHaveProperty("versions");
  });

  it("shows shards that do not fit the versions on disk, with what to do", async () => {
    const prepare = await prepared();
    const { pgMig, migrations } = prepare;
    await migrations({ "3.c.sh1": "" });
    await pgMig();
    await migrations({ "1.between.sh": "" });
    const { status, stdout } = await pgMig(["status"]);
    expect(status).toBe(0);
    expect(stdout).toContain("(TIMELINE_VIOLATION)");
    expect(stdout).toMatch(/1\.between\.sh/);
    const { nodes } = await jsonStatus(prepare);
    const [sh1, sh2] = nodes[0].shards;
    expect(sh1).toMatchObject({ shard: "sh1", latest: "3.c.sh1", pending: [] });
    expect(sh1.violation).toBeUndefined();
    expect(sh2).toMatchObject({
      shard: "sh2",
      applied: 2,
      violation: { code: "TIMELINE_VIOLATION", hint: expect.stringMatching(/rebase/i) },
    });
  });

  it("gives all of it to programs, too", async () => {
    const prepare = await prepared();
    const { pgMig, migrations, write, databases } = prepare;
    const { codeDigest } = await jsonStatus(prepare);
    expect(`${codeDigest}\n`).toBe((await pgMig(["--list=digest"])).stdout);
    expect(await jsonStatus(prepare)).toMatchObject({
      databaseDigest: "0",
      nodes: [{ lastRun: "changed" }, { lastRun: "changed" }],
    });
    await pgMig();
    const after = await jsonStatus(prepare);
    expect(after).toMatchObject({ databaseDigest: codeDigest, edited: [] });
    expect(after.nodes).toHaveLength(2);
    for (const node of after.nodes) {
      expect(node).toMatchObject({
        address: expect.stringMatching(/^127\.0\.0\.1:\d+\/test_\d+$/),
        digest: codeDigest,
        lastRun: "current",
        shards: [
          { shard: "sh1", applied: 2, latest: "2.b.sh", pending: [] },
          { shard: "sh2", applied: 2, latest: "2.b.sh", pending: [] },
        ],
      });
    }
    // One node gets another shard, and a run stops half-way.
    await databases[0]?.query("CREATE SCHEMA sh3");
    await migrations({ "3.bad.sh": "SELECT 1/0;", "1.a.sh": "-- edited" });
    const [other] = (await jsonStatus(prepare)).nodes.filter(
      ({ lastRun }: { readonly lastRun: string }) => lastRun === "changed",
    );
    expect(other.shards).toHaveLength(3);
    await pgMig();
    const stopped = await jsonStatus(prepare);
    expect(stopped).toMatchObject({
      nodes: [{ lastRun: "unfinished" }, { lastRun: "unfinished" }],
      hooks: [],
    });
    const text = async () => (await pgMig(["status"])).stdout;
    expect(await text()).toMatch(/^The last run did not finish on \S+, \S+\.$/m);
    await write("mig/after.sql", "SELECT 1;");
    expect(await text()).toMatch(/^The last run .*: the next one runs after\.sql\.$/m);
    expect(stopped.edited).toEqual([
      {
        version: "1.a.sh",
        shards: Array.from({ length: 4 }, (_, i) => ({
          node: expect.any(String),
          shard: i % 2 === 0 ? "sh1" : "sh2",
        })),
      },
    ]);
  });

  it("fails with one clear sentence where a node does not answer", async () => {
    const { pgMig } = await prepared();
    const { status, stdout, stderr } = await pgMig(["status"], { env: { PGHOST: "127.0.0.1:1" } });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: .*127\.0\.0\.1:1.*\n {2}what to do: /);
  });
});
