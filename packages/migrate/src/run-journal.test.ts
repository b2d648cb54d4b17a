import { readJournalSql } from "@pg-mig/ledger";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import { collect, options, shardedCluster, shardNames } from "./counted-shards.test.support.js";
import { drift } from "./drift.js";
import { history } from "./history.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import type { ApplyOptions } from "./run-options.js";
import { undo } from "./undo.js";

const { databases } = shardedCluster({ nodes: 2 });

const origin = { user: "ada", host: "ci-7", program: "pg-mig 3.1.0", commit: "a".repeat(40) };

async function given(
  files: Readonly<Record<string, string>> = { "1.a.sh": "CREATE TABLE a();" },
): Promise<{ nodes: TestDatabase[]; run: ApplyOptions; migrationDirectory: string }> {
  const nodes = await databases();
  const migrationDirectory = await migrationFolder(files);
  const run = { ...options(nodes, migrationDirectory), journal: true, origin, parallelism: 2 };
  return { nodes, run, migrationDirectory };
}

const journalOf = (database: TestDatabase) =>
  database.query("SELECT * FROM public.mig_journal ORDER BY started");

/** Of a database, as a part of the names of roles. */
const id = ({ name }: TestDatabase) => name.replaceAll(/\W/g, "");

/** A role that may log in, and the options with which a run uses it. */
async function role(database: TestDatabase, name: string): Promise<string> {
  await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
  onTestFinished(async () => {
    await database.query(
      `REASSIGN OWNED BY ${name} TO postgres; DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`,
    );
  });
  return name;
}

describe("the journal of runs", () => {
  it("has a row for each run on every node, with one id", async () => {
    const { nodes, run } = await given();
    await collect(apply(run));
    await collect(undo({ ...run, version: "1.a.sh" }));
    const [first = [], second = []] = await Promise.all(nodes.map(journalOf));
    expect(second).toEqual(first);
    expect(first).toEqual([
      {
        id: expect.stringMatching(/^[-0-9a-f]{36}$/),
        action: "apply",
        started: expect.any(Date),
        ended: expect.any(Date),
        username: "ada",
        host: "ci-7",
        tool: "pg-mig 3.1.0",
        code_digest: expect.stringMatching(/^1\.[0-9a-f]{64}$/),
        git_commit: origin.commit,
        outcome: "done",
        counts: { planned: 8, done: 8, alreadyDone: 0, failed: 0, inDoubt: 0, notAttempted: 0 },
        failures: [],
      },
      expect.objectContaining({ action: "undo", outcome: "done" }),
    ]);
    expect(first[0]?.ended.getTime()).toBeGreaterThanOrEqual(first[0]?.started.getTime());
  });

  it("has none for a run without work, and there is none without the setting", async () => {
    const { nodes, run } = await given();
    await apply({ ...run, journal: false }).result;
    expect((await history({ ...run, journal: true })).runs).toEqual([]);
    await apply(run).result;
    for (const database of nodes) {
      expect(await database.query("SELECT to_regclass('public.mig_journal')")).toEqual([
        { to_regclass: null },
      ]);
    }
  });

  it("tells what failed, and nothing that a server has quoted", async () => {
    const { nodes, run } = await given({
      "1.a.sh": "SELECT 'hunter2'::int;",
    });
    await apply(run).result;
    expect(await journalOf(nodes[1] as TestDatabase)).toMatchObject([
      {
        outcome: "failed",
        counts: { planned: 8, done: 0, failed: 8 },
        failures: [
          {
            what: "1.a.sh",
            sqlState: "22P02",
            message: 'invalid input syntax for type integer: "…"',
            count: 8,
          },
        ],
      },
    ]);
  });

  it("is read by history, with what is not ended and which node lacks it", async () => {
    const { nodes, run } = await given({ "1.a.sh": "CREATE TABLE a();", "2.b.sh": "SELECT 1/0;" });
    await apply(run).result;
    await nodes[0]?.query(
      "INSERT INTO mig_journal (id, action, started, code_digest) VALUES (gen_random_uuid(), 'apply', now() + '1 h', '0')",
    );
    const second = new URL(nodes[1]?.url ?? "").host;
    const { runs } = await history({ ...run, journal: true });
    expect(runs).toEqual([
      expect.objectContaining({ action: "apply", missingOn: [second] }),
      expect.objectContaining({ outcome: "failed", user: "ada", missingOn: [] }),
    ]);
    expect(runs?.[0]).not.toHaveProperty("outcome");
    await nodes[1]?.query("DROP TABLE mig_journal");
    expect(await history({ ...run, journal: true })).toMatchObject({
      runs: [{}, {}],
      withoutJournal: [{ node: second, reason: "there is none" }],
    });
  });

  it("is no item of a shard named public", async () => {
    const { nodes, run } = await given({ "1.a.public": "CREATE TABLE a();" });
    await apply(run).result;
    await nodes[0]?.query("DROP TABLE mig_journal");
    expect(await drift({ ...run, access: "yes" })).toMatchObject({ outcome: "alike" });
  });
});

describe("a journal that cannot be written", () => {
  it.each([
    ["a table with other columns", "CREATE TABLE mig_journal(id int)", "other columns", undefined],
    ["a view", "CREATE VIEW mig_journal AS SELECT 1 AS id", "is not the table", undefined],
    ["a sequence", "CREATE SEQUENCE mig_journal", "mig_journal", undefined],
    [
      "a locked table",
      "CREATE TABLE mig_journal(id int)",
      "lock timeout",
      "BEGIN; LOCK TABLE mig_journal",
    ],
  ])("is no reason to fail: %s", async (_, sql, reason, held) => {
    const { nodes, run } = await given();
    await nodes[0]?.query(sql);
    const holder = held === undefined ? undefined : await nodes[0]?.connect();
    onTestFinished(async () => await holder?.end());
    await holder?.query(held ?? "");
    const report = await apply(run).result;
    expect(report).toMatchObject({ outcome: "done", done: 8 });
    expect(report.warnings).toEqual([
      { node: expect.any(String), message: expect.stringContaining(reason) },
    ]);
    expect(await journalOf(nodes[1] as TestDatabase)).toMatchObject([{ outcome: "done" }]);
  });

  it("has a warning if it is lost in the course of a run", async () => {
    const { nodes, run } = await given({ "1.a.sh": "CREATE TABLE a();" });
    const started = apply(run);
    for await (const event of started) {
      if (event.type === "step:start") {
        await nodes[0]?.query("DROP TABLE IF EXISTS public.mig_journal");
      }
    }
    expect(await started.result).toMatchObject({
      outcome: "done",
      warnings: [{ message: expect.stringContaining("does not exist") }],
    });
  });

  it("is told to a role whose database belongs to one that could put another table there", async () => {
    const { nodes, run } = await given();
    for (const database of nodes) {
      const owner = await role(database, `owner${id(database)}`);
      const migrator = await role(database, `migrator${id(database)}`);
      await database.query(`ALTER DATABASE ${database.name} OWNER TO ${owner}; ALTER SCHEMA public OWNER TO pg_database_owner;
        GRANT ALL ON SCHEMA public, ${shardNames.join(", ")} TO ${migrator}`);
      // Who has the rights of the role anyway is trusted.
      if (database === nodes[1]) {
        await database.query(`GRANT ${migrator} TO ${owner}`);
      }
    }
    const sources = nodes.map((database) => {
      const url = new URL(database.url);
      url.password = "x";
      url.username = `migrator${id(database)}`;
      return { url: url.href };
    });
    const report = await apply({ ...run, sources: options(sources, "").sources }).result;
    expect(report).toMatchObject({
      outcome: "done",
      warnings: [{ message: expect.stringContaining("could put another table in place") }],
    });
    expect(await journalOf(nodes[1] as TestDatabase)).toMatchObject([{ outcome: "done" }]);
  });
});

describe("a hostile journal", () => {
  /** Tells whether a function that was planted somewhere has run: no rollback takes a sequence back. */
  async function plant(database: TestDatabase): Promise<() => Promise<boolean>> {
    await database.query(`CREATE SCHEMA debug_trap; CREATE SEQUENCE debug_trap.calls;
      CREATE FUNCTION debug_trap.told() RETURNS bool LANGUAGE plpgsql VOLATILE AS
        $$ BEGIN PERFORM nextval('debug_trap.calls'); RETURN true; END $$;
      CREATE FUNCTION debug_trap.fired() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM nextval('debug_trap.calls'); RETURN NEW; END $$;
      GRANT USAGE ON SCHEMA debug_trap TO PUBLIC; GRANT ALL ON SEQUENCE debug_trap.calls TO PUBLIC`);
    return async () =>
      (await database.query("SELECT is_called FROM debug_trap.calls"))[0]?.is_called === true;
  }

  const view =
    "CREATE VIEW mig_journal AS SELECT NULL::uuid AS id, NULL::timestamptz AS started, NULL::timestamptz AS ended, NULL::json AS counts, NULL::json AS failures, NULL::text AS action, NULL::text AS username, NULL::text AS host, NULL::text AS tool, NULL::text AS code_digest, NULL::text AS git_commit, NULL::text AS outcome WHERE debug_trap.told()";
  const columns =
    "id uuid PRIMARY KEY, action text, started timestamptz, ended timestamptz, username text, host text, tool text, code_digest text, git_commit text, outcome text, counts json, failures json";

  it.each([
    [
      "a trigger for rows",
      `CREATE TABLE mig_journal(${columns}); CREATE TRIGGER t BEFORE INSERT ON mig_journal FOR EACH ROW EXECUTE FUNCTION debug_trap.fired()`,
    ],
    [
      "a trigger for statements",
      `CREATE TABLE mig_journal(${columns}); CREATE TRIGGER t BEFORE INSERT OR UPDATE ON mig_journal EXECUTE FUNCTION debug_trap.fired()`,
    ],
    [
      "a rule",
      `CREATE TABLE mig_journal(${columns}); CREATE RULE r AS ON INSERT TO mig_journal DO ALSO SELECT debug_trap.told()`,
    ],
    [
      "a default",
      `CREATE TABLE mig_journal(${columns}); ALTER TABLE mig_journal ALTER outcome SET DEFAULT debug_trap.told()::text`,
    ],
    ["a check", `CREATE TABLE mig_journal(${columns}, CHECK (debug_trap.told()))`],
    [
      "an index",
      `CREATE TABLE mig_journal(${columns}); ALTER FUNCTION debug_trap.told() IMMUTABLE; CREATE INDEX i ON mig_journal((debug_trap.told() OR id IS NULL))`,
    ],
    [
      "a policy",
      `CREATE TABLE mig_journal(${columns}); ALTER TABLE mig_journal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON mig_journal USING (debug_trap.told())`,
    ],
    [
      "a domain",
      `CREATE DOMAIN d AS text CHECK (debug_trap.told()); CREATE TABLE mig_journal(${columns.replace("host text", "host d")})`,
    ],
    ["a view", view],
    ["an owner who is not trusted", `CREATE TABLE mig_journal(${columns})`],
  ])("runs no code of its owner: %s", async (_, sql) => {
    const { nodes, run } = await given();
    const database = nodes[0] as TestDatabase;
    const called = await plant(database);
    const owner = await role(database, `owner${id(database)}`);
    await database.query(`GRANT ALL ON SCHEMA debug_trap TO ${owner}; ALTER FUNCTION debug_trap.told() OWNER TO ${owner};
      ALTER SCHEMA public OWNER TO ${owner}; SET ROLE ${owner}; ${sql}; RESET ROLE;
      SELECT setval('debug_trap.calls', 1, false)`);
    const report = await apply(run).result;
    expect(report).toMatchObject({ outcome: "done", warnings: [{}] });
    expect((await history({ ...run, journal: true })).withoutJournal).toHaveLength(1);
    expect(await called()).toBe(false);
  });

  it("runs no trigger that somebody with the right to make one has put on a table of ours", async () => {
    const {
      nodes,
      run,
      migrationDirectory: _,
    } = await given({
      "1.a.sh": "CREATE TABLE a();",
    });
    const database = nodes[0] as TestDatabase;
    const called = await plant(database);
    await apply(run).result;
    const other = await role(database, `other${id(database)}`);
    await database.query(`GRANT ALL ON mig_journal TO ${other}; SET ROLE ${other};
      CREATE TRIGGER t BEFORE INSERT OR UPDATE ON mig_journal FOR EACH ROW EXECUTE FUNCTION debug_trap.fired(); RESET ROLE`);
    const report = await undo({ ...run, version: "1.a.sh" }).result;
    expect(report).toMatchObject({
      outcome: "done",
      warnings: [{ message: expect.stringContaining("triggers") }],
    });
    expect(await called()).toBe(false);
  });

  it("cannot be put in place of the one that was looked at: the schema keeps its name meanwhile", async () => {
    const { nodes, run } = await given();
    const database = nodes[0] as TestDatabase;
    const called = await plant(database);
    const owner = await role(database, `owner${id(database)}`);
    await apply(run).result;
    await database.query(`GRANT CREATE ON DATABASE ${database.name} TO ${owner}; ALTER SCHEMA public OWNER TO ${owner};
      CREATE SCHEMA debug_evil AUTHORIZATION ${owner}`);
    await database.query(`SET search_path TO debug_evil; ${view}; RESET search_path`);
    const [toggling, reading] = [await database.connect(), await database.connect()];
    onTestFinished(async () => {
      await Promise.all([toggling.end(), reading.end()]);
    });
    await toggling.query(`SET ROLE ${owner}`);
    let [stop, read, refused] = [false, 0, 0];
    const toggle = (async () => {
      for (let evil = true; !stop || !evil; evil = !evil) {
        const [now, next] = evil ? ["good", "evil"] : ["evil", "good"];
        await toggling.query(
          `BEGIN; ALTER SCHEMA public RENAME TO debug_${now}; ALTER SCHEMA debug_${next} RENAME TO public; COMMIT`,
        );
      }
    })();
    const statements = readJournalSql(10, { exists: true, isSuperuser: true });
    for (let i = 0; i < 1000; i++) {
      await reading.query(statements.join(";\n")).then(
        () => read++,
        () => refused++,
      );
    }
    stop = true;
    await toggle;
    // Both schemas were met under the name.
    expect(read).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(await called()).toBe(false);
  });
});
