import { describe, expect, it, onTestFinished, vi } from "vitest";
import { quote, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1, servers: "own" });

const waitFlag = { timeout: 30_000, interval: 20 };

describe("what a server refuses that is not the text of a file", () => {
  it("is told with all its words where it is COMMIT, behind a deferred constraint", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `CREATE TABLE a(id int PRIMARY KEY);
        CREATE TABLE b(id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO b VALUES (7);`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain('COMMIT failed: insert or update on table "b" violates foreign key');
    expect(stdout).toContain("SQLSTATE: 23503");
    expect(stdout).toContain('detail: Key (id)=(7) is not present in table "a".');
    expect(stdout).toContain("Look at its deferred constraints");
    expect(await column("SELECT 1 FROM pg_proc WHERE proname = 'mig_versions_const'")).toEqual([]);
    const { stdout: json } = await pgMig(["--json"]);
    expect(json).toContain('"code":"COMMIT_REFUSED"');
  });

  it.each([
    ["drops its schema", "DROP SCHEMA sh1;", 'schema "sh1" does not exist'],
    ["renames it", "ALTER SCHEMA sh1 RENAME TO sh9;", 'schema "sh1" does not exist'],
    ["makes its transaction read-only", "SET TRANSACTION READ ONLY;", "read-only transaction"],
  ])("is told with what to do where a file %s", async (_, text, words) => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": text });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain(words);
    expect(stdout).toContain("its entry could not be stored in the ledger");
    expect(await column("SELECT 1 FROM pg_namespace WHERE nspname = 'sh1'")).toEqual([1]);
  });

  it("is told with the node where the user may not store a run's state, and nothing is applied", async () => {
    const { migrations, pgMig, column, database } = await scenario();
    await database.query(
      "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE weak LOGIN PASSWORD 'weak'; CREATE SCHEMA sh1 AUTHORIZATION weak",
    );
    onTestFinished(async () => {
      await database.query("DROP OWNED BY weak; DROP ROLE weak");
    });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const url = new URL(database.url);
    url.username = "weak";
    url.password = "weak";
    const { status, stderr } = await pgMig([`--hosts=${url.href}`]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/User "weak" lacks CREATE on the schema public of 127\.0\.0\.1/);
    expect(stderr).toContain("GRANT USAGE, CREATE ON SCHEMA public TO weak;");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("is told without the server's advice about a statement that the tool itself sent", async () => {
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await database.query(
      "CREATE FUNCTION public.mig_rerun_fingerprint_const() RETURNS varchar LANGUAGE sql AS $$ SELECT 'x'; $$",
    );
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stderr).toContain("public.mig_rerun_fingerprint_const");
    // It says: Use DROP FUNCTION mig_rerun_fingerprint_const() first.
    expect(`${stdout}${stderr}`).not.toContain("Use DROP FUNCTION");
  });
});

describe("a warning of the server", () => {
  it("is shown at the end, with node, shard and version; a notice is not", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.a.sh": "DO $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'take care'; END $$;",
    });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /Warnings:\n\s+take care \(2 times\)\n\s+1\.a\.sh on 127\.0\.0\.1:sh1-2/,
    );
    expect(`${stdout}${stderr}`).not.toContain("by the way");
  });

  it("is shown when it comes with the COMMIT, from a deferred trigger", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": [
        "CREATE TABLE t(id int);",
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$",
        "BEGIN RAISE WARNING 'late but true'; RETURN NULL; END $$;",
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED",
        "FOR EACH ROW EXECUTE FUNCTION warn();",
        "INSERT INTO t VALUES (1);",
      ].join("\n"),
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toMatch(/Warnings:\n\s+late but true\n\s+1\.a\.sh on 127\.0\.0\.1:sh1/);
  });

  it("is shown where a commit did not wait for the synchronous replica, and counts as applied", async () => {
    const { migrations, start, ledger, column, database } = await scenario({ shards: ["sh1"] });
    const [node] = cluster().nodes;
    if (node === undefined) {
      throw new Error("There is no node.");
    }
    const reload = "SELECT pg_reload_conf()";
    onTestFinished(async () => {
      await node.query("ALTER SYSTEM RESET synchronous_standby_names");
      await node.query(reload);
    });
    const [name] = await column("SELECT current_database()");
    await migrations({ "1.a.sh": "CREATE TABLE t(); SET LOCAL synchronous_commit TO on;" });
    await node.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await node.query(reload);
    const untilItWaits = () =>
      vi.waitFor(async () => {
        const waiting = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        expect(await column(waiting)).toHaveLength(1);
      }, waitFlag);

    const stuck = start();
    await untilItWaits();
    await stuck.printed("waits for synchronous standbys (synchronous_standby_names = 'nobody')");
    stuck.kill("SIGINT");
    expect((await stuck.result).status).toBe(130);
    await expect(ledger("sh1")).rejects.toThrow("mig_versions_const");

    await database.query(
      `SET synchronous_commit = local; ALTER DATABASE ${quote(String(name))} SET synchronous_commit = local`,
    );
    const run = start();
    await untilItWaits();
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Warnings:\n\s+canceling wait for synchronous replication/);
    expect(stdout).toContain("1 of 1 step applied");
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });
});
