import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { programMajor } from "./psql-judge.js";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const version = "20240101000000.odd.sh";

/** Files that pg-mig 2.x accepted: a new shard has to replay them. Each: its name, its text, the rows of t. */
const history: readonly (readonly [string, string, readonly unknown[]])[] = [
  [
    "BEGIN and COMMIT around everything",
    "BEGIN;\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\nCOMMIT;\n",
    [1],
  ],
  ["a COMMIT in the middle", "CREATE TABLE t (id int);\nCOMMIT;\nINSERT INTO t VALUES (1);\n", [1]],
  [
    "statements before COMMIT and VACUUM",
    "CREATE TABLE t (id int);\nCOMMIT;\nVACUUM t;\nBEGIN;\nINSERT INTO t VALUES (1);\n",
    [1],
  ],
  ["a VACUUM at the end", "CREATE TABLE t (id int);\nCOMMIT;\nVACUUM t;\n", []],
  [
    "a value of an enum that is used at once",
    "CREATE TYPE e AS ENUM ('a');\nCOMMIT;\nALTER TYPE e ADD VALUE 'b';\nBEGIN;\nCREATE TABLE t (id int, x e DEFAULT 'b');\nINSERT INTO t VALUES (1);\n",
    [1],
  ],
  [
    "batches",
    "CREATE TABLE t (id int);\nCOMMIT; BEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT; BEGIN;\nINSERT INTO t VALUES (2);\nCOMMIT; BEGIN;\n",
    [1, 2],
  ],
  [
    "a procedure that commits",
    "CREATE TABLE t (id int);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$\nBEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$;\nCOMMIT;\nCALL p();\nBEGIN;\n",
    [1, 2],
  ],
  [
    "COMMIT AND CHAIN",
    "CREATE TABLE t (id int);\nCOMMIT AND CHAIN;\nINSERT INTO t VALUES (1);\nCOMMIT AND CHAIN;\nINSERT INTO t VALUES (2);\n",
    [1, 2],
  ],
  [
    "a COMMIT in an \\if",
    "CREATE TABLE t (id int);\n\\if true\nCOMMIT;\n\\endif\nINSERT INTO t VALUES (1);\n",
    [1],
  ],
  ["\\q", "CREATE TABLE t (id int);\n\\q\nCREATE TABLE t (id int);\nno sql at all'\n", []],
  ["\\q in an \\if", "CREATE TABLE t (id int);\n\\if true\n\\q\n\\endif\nDROP TABLE t;\n", []],
  [
    "\\c - in a transaction, which is lost",
    'SELECT current_schema() AS shard \\gset\nCREATE TABLE lost (id int);\n\\c -\nSET search_path TO :"shard";\nCREATE TABLE t (id int);\nBEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT;\n',
    [1],
  ],
  [
    "\\connect after a COMMIT",
    'CREATE TABLE t (id int);\nCOMMIT;\nSELECT current_schema() AS shard \\gset\n\\if true\n\\connect - -;\n\\endif\nSET search_path TO :"shard";\nINSERT INTO t VALUES (1);\nBEGIN;\nINSERT INTO t VALUES (2);\n',
    [1, 2],
  ],
  [
    "\\c without a name, after what a session keeps",
    `CREATE TABLE t (id text);
SELECT current_schema() AS shard \\gset
CREATE TEMP TABLE x ();
PREPARE p AS SELECT 1;
LISTEN n;
SET work_mem TO '5MB';
SELECT pg_advisory_lock(4711);
SET SESSION AUTHORIZATION pg_monitor;
COMMIT;
\\c
INSERT INTO :"shard".t VALUES ('path ' || current_setting('search_path')), ('user ' || session_user),
  ('mem ' || current_setting('work_mem')), ('temp ' || (to_regclass('pg_temp.x') IS NULL)),
  ('prepared ' || (SELECT count(*) FROM pg_prepared_statements)), ('listens ' || (SELECT count(*) FROM pg_listening_channels())),
  ('locked ' || (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711));
`,
    [
      "listens 0",
      "locked 0",
      "mem 4MB",
      'path "$user", public',
      "prepared 0",
      "temp true",
      "user postgres",
    ],
  ],
  [
    "what psql only shows, a command in a branch that is not taken, and savepoints",
    "\\d\n\\dt\n\\timing\n\\x\n\\pset null -\n\\if false\n\\prompt x\n\\endif\nCREATE TABLE t (id int);\nSAVEPOINT s;\nINSERT INTO t VALUES (1);\nROLLBACK TO s;\nINSERT INTO t VALUES (2);\nRELEASE s;\n",
    [2],
  ],
  ["a byte in a comment that is not UTF-8", "-- caf\xe9\nCREATE TABLE t (id int); -- \xe9\n", []],
];

async function writeLatin1({ folder }: Scenario, text: string): Promise<void> {
  await writeFile(join(folder, "mig", `${version}.up.sql`), Buffer.from(text, "latin1"));
}

/** Everything in a schema that a file can leave there, and the rows of t. */
async function stateOf({ column }: Scenario, schema: string): Promise<unknown> {
  const names = await column(
    `SELECT relname::text FROM pg_class WHERE relnamespace = '${schema}'::regnamespace ORDER BY 1`,
  );
  const rows = await column(`SELECT id FROM ${schema}.t ORDER BY 1`);
  return { names, rows };
}

describe("a file of the time of pg-mig 2.x that controls transactions itself, or ends early", () => {
  it.each(history)("is replayed on a new shard: %s", async (_, text, rows) => {
    const given = await scenario({ shards: ["sh1", "sh2"] });
    await given.migrations({ [version]: "" });
    await writeLatin1(given, text);
    const { status, stderr } = await given.pgMig();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    for (const shard of ["sh1", "sh2"]) {
      expect(await given.ledger(shard)).toEqual([version]);
      expect(await given.column(`SELECT id FROM ${shard}.t ORDER BY 1`)).toEqual(rows);
    }
    expect((await given.pgMig()).stdout).toContain("Nothing to do.");
  });

  it.skipIf(programMajor("psql") === undefined).each(history)(
    "does what psql does, as 2.x runs it: %s",
    async (_, text) => {
      const given = await scenario({ shards: ["sh1", "psql"] });
      await given.migrations({ [version]: "" });
      await writeLatin1(given, text);
      expect((await given.pgMig()).status).toBe(0);
      const file = join(given.folder, "mig", `${version}.up.sql`);
      const wrapper = join(given.folder, "wrapper.sql");
      await writeFile(wrapper, `BEGIN;\nSET search_path TO psql;\n\\i ${file}\n;\nCOMMIT;\n`);
      const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", wrapper, given.database.url];
      await promisify(execFile)("psql", args, {
        env: { ...process.env, PGCLIENTENCODING: "UTF8" },
      });
      const withoutLedger = await stateOf(given, "sh1");
      expect(withoutLedger).toEqual(await stateOf(given, "psql"));
    },
  );

  it.each([
    "-- prose; it's nothing to undo",
    "/* never closed",
    "\\nosuch",
    "DROP TABLE t;\nCOMMIT;",
    "\\i nosuch.sql",
  ])("is replayed whatever its dn file is: %j", async (text) => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ [version]: "SELECT 1;", [`${version}.dn.sql`]: text });
    const { status, stderr } = await pgMig();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual([version]);
  });

  it.each(["-- $parallelism_global = 2 -- gently", "-- $delay = 10ms", "-- $run_alone = true"])(
    "is refused, with its line, if it has the comment %s",
    async (comment) => {
      const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
      await migrations({ [version]: `SELECT 1;\n${comment}\n` });
      const { status, stderr } = await pgMig();
      expect(status).toBe(1);
      expect(stderr).toContain(`mig/${version}.up.sql:2`);
      expect(await column("SELECT 1 FROM pg_proc WHERE proname = 'mig_versions_const'")).toEqual(
        [],
      );
    },
  );

  it("is said not to be all or nothing, by the plan and by the run, and refused with --strict", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    const second = "20240102000000.quits.sh";
    await migrations({
      [version]: "CREATE TABLE t (id int);\nCOMMIT;\n",
      [second]: "SELECT 1;\n\\q\nSELECT 2;\n",
    });
    const strict = await pgMig(["--strict"]);
    expect(strict.status).toBe(1);
    expect(strict.stderr).toContain("not all or nothing");
    expect(await column("SELECT 1 FROM pg_class WHERE relname = 't'")).toEqual([]);
    const said = [
      `mig/${version}.up.sql begins or commits transactions itself (line 2): it runs as in psql, and is not all or nothing. What it has committed stays if it fails.`,
      `mig/${second}.up.sql ends at its \\q (line 2): nothing after that runs.`,
    ];
    const plan = await pgMig(["--dry"]);
    const json = JSON.parse((await pgMig(["--dry", "--json"])).stdout);
    expect(json.unusualFiles.map(({ message }: { message: string }) => message)).toEqual(said);
    const run = await pgMig();
    for (const line of said) {
      expect(plan.stdout).toContain(line);
      expect(run.stdout).toContain(line);
    }
  });

  it("is said to begin a new session with \\c, which before.sql may not", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ [version]: "SELECT 1;\n\\c -\n" });
    const said = `mig/${version}.up.sql begins a new session with its \\c (line 2): what is not committed there is lost, and the shard is no longer the current schema.`;
    expect((await pgMig(["--dry"])).stdout).toContain(said);
    expect((await pgMig()).stdout).toContain(said);
    await migrations({ "before.sql": "\\c -\n", "20240102000000.new.sh": "SELECT 1;" });
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stderr).toContain("\\c in a file that runs in one session");
    await migrations({ "before.sql": "", "20240102000000.new.sh": "\\c postgres\n" });
    expect((await pgMig()).stderr).toContain("\\c cannot be used");
  });

  it("does not run on after \\c if its ledger was changed meanwhile, nor twice in one run", async () => {
    const { migrations, pgMig, column, ledger } = await scenario({ shards: ["sh1"] });
    const other = `CREATE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql
      AS $$ SELECT '["20230101000000.other.sh"]'; $$`;
    const text = `CREATE TABLE t (id int);\n${other};\nCOMMIT;\n\\c -\nINSERT INTO sh1.t VALUES (1);\n`;
    await migrations({ [version]: text });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("What the file had committed before that stays.");
    expect(await column("SELECT id FROM sh1.t")).toEqual([]);
    expect(await ledger("sh1")).toEqual(["20230101000000.other.sh"]);
  });

  it("says what stays if it fails, and does not run twice in one run", async () => {
    const { migrations, pgMig, ledger, column } = await scenario({ shards: ["sh1"] });
    const text =
      "CREATE TABLE t (id int);\nCOMMIT;\nINSERT INTO t VALUES (1);\nSELECT 1 / 0;\nCOMMIT;\n";
    await migrations({ [version]: "SELECT 1 / 0;\nCOMMIT;\nSELECT 1;\n" });
    const early = await pgMig();
    expect(early.status).toBe(1);
    expect(early.stdout).toContain("and had committed nothing yet");
    await migrations({ [version]: text });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain(
      "What the file had committed up to line 3 stays. Look at the shard: this run does not try the version again, the next one does.",
    );
    expect(await column("SELECT id FROM sh1.t")).toEqual([1]);
    const fixed = text.replace("SELECT 1 / 0;", "").replace("TABLE t", "TABLE IF NOT EXISTS t");
    await migrations({ [version]: fixed });
    expect((await pgMig()).status).toBe(0);
    expect(await ledger("sh1")).toEqual([version]);
    expect(await column("SELECT id FROM sh1.t")).toEqual([1, 1]);
  });

  it("says so, too, if the run is interrupted in the middle of it", async () => {
    const { migrations, start, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      [version]: "CREATE TABLE t (id int);\nCOMMIT;\nSELECT pg_sleep(30);\nSELECT 1;\n",
    });
    const run = start(["--json"]);
    await run.printed("step:start");
    await expect
      .poll(() => column("SELECT 1 FROM pg_class WHERE relname = 't'"), { timeout: 20_000 })
      .toEqual([1]);
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toContain("What the file had committed up to line 2 stays.");
  });

  it("is undone so, too", async () => {
    const { migrations, pgMig, ledger, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      [version]: "CREATE TABLE t (id int);",
      [`${version}.dn.sql`]: "BEGIN;\nDROP TABLE t;\nCOMMIT;\nVACUUM pg_class;\n",
    });
    expect((await pgMig()).status).toBe(0);
    const { status, stderr } = await pgMig([`--undo=${version}`]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual([]);
    expect(await column("SELECT 1 FROM pg_class WHERE relname = 't'")).toEqual([]);
  });

  it("does not run where another program has applied it since the plan", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "before.sql": `CREATE OR REPLACE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql
        AS $$ SELECT '["${version}"]'; $$;`,
      [version]: "CREATE TABLE t (id int);\nCOMMIT;\nSELECT 1;\n",
    });
    const { status, stdout } = await pgMig();
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(await column("SELECT 1 FROM pg_class WHERE relname = 't'")).toEqual([]);
  });

  it("keeps its entry to itself if another program writes one while it runs", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    const other = `CREATE OR REPLACE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql
      AS $$ SELECT '["20230101000000.other.sh"]'; $$`;
    await migrations({
      "20230101000000.other.sh": "SELECT 1",
      [version]: "SELECT 1",
    });
    expect((await pgMig(["--only=shard=sh1"])).status).toBe(0);
    const third = "20240103000000.last.sh";
    await migrations({ [third]: `SELECT 1;\nCOMMIT;\n${other};\n` });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("failed");
    expect(await ledger("sh1")).toEqual(["20230101000000.other.sh"]);
  });
});
