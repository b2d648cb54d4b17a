import { describe, expect, it } from "vitest";
import { quote, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** A migration directory in which everything that runs leaves a line in `public.said`. */
async function talking({ shards = ["sh1"] } = {}) {
  const prepared = await scenario({ shards });
  for (const database of prepared.databases) {
    await database.query("CREATE TABLE said(what text, n int GENERATED ALWAYS AS IDENTITY)");
  }
  const say = (what: string) => `INSERT INTO public.said(what) VALUES ('${what}');`;
  await prepared.migrations({
    "before.sql": say("before"),
    "1.a.sh": say("a"),
    "after.sql": say("after"),
  });
  return {
    ...prepared,
    say,
    /** What was said since the last time, on each of the two nodes. */
    heard: () =>
      Promise.all(
        prepared.databases.map(async (database) => {
          const rows = await database.query("SELECT what FROM said ORDER BY n");
          await database.query("TRUNCATE said");
          return rows.map(({ what }) => what);
        }),
      ),
    fingerprints: () =>
      Promise.all(
        prepared.databases.map(async (database) =>
          String(await prepared.column("SELECT public.mig_rerun_fingerprint_const()", database)),
        ),
      ),
  };
}

const round = ["before", "a", "after"];
const hooks = ["before", "after"];
const digestSql = "SELECT public.mig_digest_const()";

describe("before.sql and after.sql", () => {
  it("run once per node around the versions, and not again when nothing is pending", async () => {
    const { pgMig, heard, ledger } = await talking();
    expect((await pgMig()).status).toBe(0);
    expect(await heard()).toEqual([round, round]);
    expect((await pgMig()).stdout).toContain("Nothing to do.");
    expect(await heard()).toEqual([[], []]);
    // They leave no entry in any ledger.
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("run with --force although no version is pending", async () => {
    const { pgMig, heard } = await talking();
    await pgMig();
    await heard();
    const { status, stdout } = await pgMig(["--force"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Done: no version was pending");
    expect(await heard()).toEqual([hooks, hooks]);
  });

  it("run with an undo that finishes one whose after.sql failed, and with --force", async () => {
    const { pgMig, heard, migrations, say, databases, column, fingerprints } = await talking();
    const digests = () =>
      Promise.all(databases.map(async (one) => String(await column(digestSql, one))));
    const undo = ["--undo=1.a.sh"];
    await migrations({ "1.a.sh.dn.sql": say("undone") });
    await pgMig();
    await migrations({ "after.sql": "SELECT 1/0;" });
    expect((await pgMig(undo)).status).toBe(1);
    expect(await digests()).toEqual(["before-undo", "before-undo"]);
    await migrations({ "after.sql": say("after") });
    await heard();
    expect((await pgMig([...undo, "--dry"])).stdout).toContain("  after.sql  on 2 nodes");
    const { status, stdout } = await pgMig(undo);
    expect(status).toBe(0);
    expect(stdout).toContain("Done: no version was left to undo");
    expect(await heard()).toEqual([hooks, hooks]);
    expect(await digests()).toEqual(["after-undo", "after-undo"]);
    expect((await fingerprints())[0]).toContain("hash=");
    expect((await pgMig(undo)).stdout).toContain("Nothing to do.");
    expect(await heard()).toEqual([[], []]);
    expect((await pgMig([...undo, "--force"])).status).toBe(0);
    expect(await heard()).toEqual([hooks, hooks]);
  });

  it("run again on all nodes when they were edited, or when a node's schemas are other ones", async () => {
    const { pgMig, heard, migrations, say, databases } = await talking();
    await pgMig();
    await heard();
    await migrations({ "after.sql": say("edited") });
    await pgMig();
    expect(await heard()).toEqual([
      ["before", "edited"],
      ["before", "edited"],
    ]);
    await databases[1]?.query("CREATE SCHEMA other");
    await pgMig();
    expect(await heard()).toEqual([
      ["before", "edited"],
      ["before", "edited"],
    ]);
    expect((await pgMig()).stdout).toContain("Nothing to do.");
  });

  it("run again after a run that did not finish, and where pg-mig 2.x left the fingerprint empty", async () => {
    const { pgMig, heard, fingerprints, migrations, say, database } = await talking();
    await pgMig();
    expect(await fingerprints()).toEqual([
      expect.stringMatching(/^public,sh1,hash=[0-9a-f]{64}$/),
      expect.stringMatching(/^public,sh1,hash=[0-9a-f]{64}$/),
    ]);
    await migrations({ "2.bad.sh": "SELECT 1/0;" });
    await heard();
    expect((await pgMig()).status).toBe(1);
    // after.sql runs although a chain failed.
    expect(await heard()).toEqual([hooks, hooks]);
    expect(await fingerprints()).toEqual(["", ""]);
    await migrations({ "2.bad.sh": say("mended") });
    await pgMig();
    expect(await heard()).toEqual([
      ["before", "mended", "after"],
      ["before", "mended", "after"],
    ]);
    await database.query(
      "CREATE OR REPLACE FUNCTION mig_rerun_fingerprint_const() RETURNS text LANGUAGE sql AS $$ SELECT ''; $$",
    );
    await pgMig();
    expect(await heard()).toEqual([hooks, hooks]);
  });

  it("keep everything else from starting where before.sql fails, on one node, too", async () => {
    const { pgMig, heard, migrations, ledger, databases } = await talking();
    await databases[0]?.query("CREATE TABLE only_here()");
    await migrations({ "before.sql": "CREATE TABLE half();\nSELECT FROM only_here;" });
    const { status, stderr, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/before\.sql:2:\d+/);
    expect(stdout).toContain('relation "only_here" does not exist');
    expect(stdout).toContain("Not attempted because before.sql failed: 2 steps");
    expect(await heard()).toEqual([[], []]);
    for (const database of databases) {
      await expect(ledger("sh1", database)).rejects.toThrow("mig_versions_const");
    }
    // Each is a transaction of its own: on the other node it is done.
    const half = "SELECT to_regclass('half') IS NULL AS none";
    expect(await databases[1]?.query(half)).toEqual([{ none: true }]);
    expect(await databases[0]?.query(half)).toEqual([{ none: false }]);
  });

  it("make a run fail whose after.sql fails, which keeps what is applied and saves no digest", async () => {
    const { pgMig, migrations, ledger, column, heard } = await talking();
    await migrations({ "after.sql": "SELECT 1/0;" });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("after.sql failed");
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect(
      await column("SELECT proname::text FROM pg_proc WHERE proname = 'mig_digest_const'"),
    ).toEqual([]);
    await heard();
    await migrations({ "after.sql": "" });
    expect((await pgMig()).status).toBe(0);
    expect(await heard()).toEqual([["before"], ["before"]]);
  });

  it("run around an undo, whose digest says before-undo meanwhile and after-undo behind it", async () => {
    const { pgMig, heard, migrations, column } = await talking();
    await pgMig();
    await heard();
    const dn = "INSERT INTO public.said(what) SELECT public.mig_digest_const();";
    await migrations({ "1.a.sh.dn.sql": dn });
    expect((await pgMig(["--undo=1.a.sh"])).status).toBe(0);
    const undo = ["before", "before-undo", "after"];
    expect(await heard()).toEqual([undo, undo]);
    expect(await column("SELECT public.mig_digest_const()")).toEqual(["after-undo"]);
  });
});

describe("Ctrl-C while before.sql or after.sql runs", () => {
  it.each([
    ["before.sql", 0],
    ["after.sql", 2],
  ])("cancels %s on all nodes, and rolls it back; a rerun finishes", async (file, done) => {
    const { start, migrations, pgMig, column, databases, fingerprints } = await talking();
    await migrations({ [file]: "CREATE TABLE half();\nSELECT pg_sleep(600);" });
    const run = start();
    const sleeping = `SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    for (const database of databases) {
      while ((await column(sleeping, database))[0] !== 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toContain(`Interrupted: ${done} of 2 steps applied`);
    expect(stdout).not.toContain("failed");
    for (const database of databases) {
      expect(await column("SELECT to_regclass('half')", database)).toEqual([null]);
    }
    expect(await fingerprints()).toEqual(["", ""]);
    await migrations({ [file]: "" });
    expect((await pgMig()).status).toBe(0);
  });
});

describe("schemas that appear during a run", () => {
  it("get their versions in a round of their own, made by before.sql or by a version", async () => {
    const { pgMig, migrations, heard, say, ledger, column } = await talking({ shards: [] });
    const make = (name: string) => `CREATE SCHEMA IF NOT EXISTS ${quote(name)};`;
    await migrations({
      "before.sql": `${make("sh1")} ${say("before")}`,
      "2.b.sh1": `${make("sh20")} ${say("b")}`,
    });
    const { status, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(stderr).toContain("Schemas appeared: 2 more steps on 2 shards.");
    expect(await ledger("sh1")).toEqual(["2.b.sh1"]);
    expect(await ledger("sh20")).toEqual(["1.a.sh"]);
    const rounds = ["before", "after", "before", "b", "after", "before", "a", "after"];
    expect(await heard()).toEqual([rounds, rounds]);
    expect(await column("SELECT public.mig_digest_const()")).toEqual([
      (await pgMig(["--list=digest"])).stdout.trim(),
    ]);
    expect((await pgMig()).stdout).toContain("Nothing to do.");
  });
});
