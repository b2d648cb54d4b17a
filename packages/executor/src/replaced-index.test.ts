import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ledgerOf, runVersions, type TestVersion, target } from "./executor.test.support.js";
import { inSchema } from "./replaced-index.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

/** A database with the shard `sh1`, which has a table `t`, and what else a test wants. */
async function databaseWith(sql = ""): Promise<TestDatabase> {
  const database = await cluster.node.createDatabase();
  onTestFinished(() => database.drop());
  await database.query(
    `CREATE SCHEMA sh1; SET search_path TO sh1; CREATE TABLE t(id int NOT NULL); ${sql}`,
  );
  return database;
}

/** Builds an index, by its name as SQL text, alone in a file, on line 2. */
function build(name: string, on = "t(id)"): Exclude<TestVersion, string> {
  return {
    sql: `-- $run_alone = 1\nCREATE INDEX CONCURRENTLY ${name} ON ${on};`,
    transaction: "concurrent",
    mayRunBeside: "builds",
    dropFirst: name,
    concurrentIndexes: [name],
  };
}

function run(database: TestDatabase, v1: TestVersion, user?: string): Promise<RunEvent[]> {
  return runVersions({
    targets: [target("n", database)],
    versions: { v1 },
    ...(user === undefined ? {} : { user }),
  });
}

const warnings = (events: readonly RunEvent[]) => events.filter(({ type }) => type === "warning");
const failureOf = (events: readonly RunEvent[]) =>
  events.find((event) => event.type === "step:failed");

/** The relations of the shard: name, kind, oid, and whether an index is valid. */
const relations = (database: TestDatabase) =>
  database.query<{ name: string; oid: number; valid: boolean | null }>(
    `SELECT c.relname AS name, c.relkind, c.oid, i.indisvalid AS valid
     FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
     WHERE c.relnamespace = 'sh1'::regnamespace ORDER BY 1`,
  );

const oidOf = async (database: TestDatabase, name: string) =>
  (await relations(database)).find((relation) => relation.name === name)?.oid;

describe("a lone CREATE INDEX CONCURRENTLY whose name is there already", () => {
  it("builds a valid index anew, and warns with node, shard, version and index", async () => {
    const database = await databaseWith("CREATE INDEX ix ON t((id + 1));");
    const before = await oidOf(database, "ix");
    const events = await run(database, build("ix"));
    expect(warnings(events)).toEqual([
      {
        type: "warning",
        node: "n",
        shard: "sh1",
        version: "v1",
        message: "The index sh1.ix on sh1.t exists and is valid: it is dropped and built anew.",
      },
    ]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
    expect(await oidOf(database, "ix")).not.toBe(before);
  });

  it("replaces an invalid index without a word", async () => {
    const database = await databaseWith("INSERT INTO t VALUES (1), (1);");
    const broken = "CREATE UNIQUE INDEX CONCURRENTLY ix ON sh1.t(id)";
    await expect(database.query(broken)).rejects.toMatchObject({ code: "23505" });
    const events = await run(database, build("ix"));
    expect(warnings(events)).toEqual([]);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
    expect((await relations(database)).find(({ name }) => name === "ix")?.valid).toBe(true);
  });

  it("treats IF NOT EXISTS alike: the index is the one of the file afterwards", async () => {
    const database = await databaseWith("CREATE INDEX ix ON t((id + 1));");
    const sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t(id);";
    const events = await run(database, { ...build("ix"), sql });
    expect(warnings(events)).toHaveLength(1);
    const [index] = await database.query("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix'");
    expect(index).toMatchObject({ indexdef: expect.stringMatching(/\(id\)$/) });
  });

  it.each([
    ["a table", "CREATE TABLE ix();", "taken by table sh1.ix."],
    ["a partitioned table", "CREATE TABLE ix(a int) PARTITION BY LIST (a);", "taken by table"],
    ["a view", "CREATE VIEW ix AS SELECT 1 AS a;", "taken by view sh1.ix."],
    ["a materialized view", "CREATE MATERIALIZED VIEW ix AS SELECT 1 AS a;", "materialized view"],
    ["a sequence", "CREATE SEQUENCE ix;", "taken by sequence sh1.ix."],
    ["a composite type", "CREATE TYPE ix AS (a int);", "taken by composite type sh1.ix."],
    [
      "a primary key",
      "ALTER TABLE t ADD CONSTRAINT ix PRIMARY KEY (id);",
      "The index sh1.ix cannot be replaced: table constraint ix on sh1.t needs it.",
    ],
    ["a UNIQUE", "ALTER TABLE t ADD CONSTRAINT ix UNIQUE (id);", "table constraint ix on sh1.t"],
    [
      "an exclusion constraint",
      "ALTER TABLE t ADD CONSTRAINT ix EXCLUDE (id WITH =);",
      "table constraint ix on sh1.t needs it",
    ],
    [
      "a unique index that a foreign key refers to",
      "CREATE UNIQUE INDEX ix ON t(id); CREATE TABLE u(a int CONSTRAINT fk REFERENCES t(id));",
      "table constraint fk on sh1.u needs it",
    ],
    [
      "a replica identity",
      "CREATE UNIQUE INDEX ix ON t(id); ALTER TABLE t REPLICA IDENTITY USING INDEX ix;",
      "it is the replica identity of table sh1.t",
    ],
    [
      "an index that is attached to one of a partitioned table",
      `CREATE TABLE p(a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT;
       CREATE INDEX ix ON p1(a); CREATE INDEX parent ON p(a);`,
      "index sh1.parent needs it",
    ],
    [
      "an index of a partitioned table",
      "CREATE TABLE p(a int) PARTITION BY LIST (a); CREATE INDEX ix ON p(a);",
      "belongs to partitioned table sh1.p",
    ],
  ])(
    "is refused where the name is that of %s: owner, file and line are named",
    async (_, sql, owner) => {
      const database = await databaseWith(sql);
      const before = await relations(database);
      const failure = failureOf(await run(database, build("ix")));
      expect(failure?.error).toMatchObject({
        code: "INDEX_NAME_TAKEN",
        message: expect.stringContaining(owner),
        hint: expect.stringMatching(/another name/),
        where: { shard: "sh1", version: "v1", file: "v1.up.sql", line: 2, column: 1 },
      });
      expect(failure?.error.server).toBeUndefined();
      expect(await relations(database)).toEqual(before);
      expect(await ledgerOf(database, "sh1")).toEqual([]);
    },
  );

  it.each([
    ['"My; "" index.$$"', 'My; " index.$$'],
    ["pg_class", "pg_class"],
    ["MiXed", "mixed"],
    [`x${"y".repeat(80)}`, `x${"y".repeat(62)}`],
  ])("finds the very name that %s stands for, in the shard alone", async (name, folded) => {
    const database = await databaseWith(
      `CREATE INDEX ${name} ON t(id); CREATE SCHEMA debug_o; CREATE TABLE debug_o.ix();`,
    );
    const before = await oidOf(database, folded);
    expect(before).toBeDefined();
    const events = await run(database, build(name));
    expect(failureOf(events)).toBeUndefined();
    expect(warnings(events).length).toBeGreaterThan(0);
    expect(await oidOf(database, folded)).not.toBe(before);
  });

  it("looks into the schema of the table where the file names it", async () => {
    const database = await databaseWith("CREATE SCHEMA debug_o; CREATE TABLE debug_o.t(id int);");
    await database.query("CREATE TABLE sh1.ix(); CREATE INDEX ix ON debug_o.t(id)");
    const name = { dropFirst: "debug_o.ix", concurrentIndexes: ["debug_o.ix"] };
    const events = await run(database, { ...build("ix", "debug_o.t(id)"), ...name });
    expect(warnings(events)).toHaveLength(1);
    expect(await ledgerOf(database, "sh1")).toEqual(["v1"]);
  });

  it("says where and for what it sent its own DROP INDEX, when the server refuses that", async () => {
    const database = await databaseWith("CREATE INDEX ix ON t(id);");
    const user = `dropper_${database.name}`;
    await database.query(
      `CREATE ROLE ${user} LOGIN PASSWORD '${database.password}'; GRANT ALL ON SCHEMA sh1 TO ${user}`,
    );
    onTestFinished(async () => {
      await database.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    });
    const failure = failureOf(await run(database, build("ix"), user));
    expect(failure?.error).toMatchObject({
      server: { sqlState: "42501", message: "must be owner of index ix" },
      hint: expect.stringContaining('pg-mig sent DROP INDEX CONCURRENTLY IF EXISTS "sh1".ix;'),
      where: { file: "v1.up.sql", line: 2 },
    });
  });

  it("is not misled by operators and functions of the shard", async () => {
    const database = await databaseWith("CREATE INDEX ix ON t(id);");
    const types = ["oid, oid", "oid, regclass", '"char", "char"', "int4, int4"];
    await database.query(
      `SET search_path TO pg_catalog; CREATE FUNCTION sh1.to_regclass(text) RETURNS regclass
       LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
       ${types
         .map((pair, i) => {
           const [left, right] = pair.split(", ");
           return `CREATE FUNCTION sh1.f${i}(${pair}) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
             CREATE OPERATOR sh1.= (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = sh1.f${i});`;
         })
         .join("\n")}`,
    );
    const events = await run(database, build("ix"));
    expect(failureOf(events)).toBeUndefined();
    expect(warnings(events)).toHaveLength(1);
  });
});

describe("an index that a file keeps broken", () => {
  it("is not taken for built, whatever is set in the database", async () => {
    const database = await databaseWith("INSERT INTO t VALUES (1), (1);");
    const broken = "CREATE UNIQUE INDEX CONCURRENTLY ix ON sh1.t(id)";
    await expect(database.query(broken)).rejects.toMatchObject({ code: "23505" });
    await database.query(
      `ALTER DATABASE ${database.name} SET pg_mig.index_is_not_valid = 'all is well'`,
    );
    const sql = "-- one\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON t(id);";
    const version = { ...build("ix"), sql, dropFirst: undefined };
    expect(failureOf(await run(database, version))?.error).toMatchObject({
      code: "INDEX_NOT_VALID",
      where: { file: "v1.up.sql", line: 2 },
    });
    expect(await ledgerOf(database, "sh1")).toEqual([]);
  });
});

describe("what the server advises about a statement of the tool's own", () => {
  /** Cannot be replaced by one that returns text. */
  const inTheWay = `CREATE FUNCTION mig_versions_const() RETURNS varchar LANGUAGE sql
    AS $$ SELECT '[]'; $$;`;

  it.each([
    ["in the transaction of the file", "CREATE TABLE u();"],
    ["after a statement that runs alone", build("ix")],
    [
      "after statements that run outside of one",
      { sql: "COMMIT; VACUUM t; BEGIN;", transaction: "ends-transaction" },
    ],
  ] as const)("is not shown, but the file and our own advice: %s", async (_, version) => {
    const database = await databaseWith(inTheWay);
    const error = failureOf(await run(database, version))?.error;
    expect(error?.server?.message).toMatch(/cannot change return type/);
    // It says: Use DROP FUNCTION sh1.mig_versions_const() first.
    expect(JSON.stringify(error)).not.toMatch(/DROP FUNCTION/);
    expect(error?.hint).toMatch(/^The file ran to its end/);
    expect(error?.where).toMatchObject({ shard: "sh1", version: "v1", file: "v1.up.sql" });
  });

  it("is shown where the statement is the file's", async () => {
    const database = await databaseWith("CREATE TABLE ix();");
    const failure = failureOf(await run(database, "DROP INDEX ix;"));
    expect(failure?.error.hint).toBe("Use DROP TABLE to remove a table.");
  });
});

describe("inSchema", () => {
  it.each([
    ["ix", '"my ""s".ix'],
    ['"a.b"', '"my ""s"."a.b"'],
    ["o.ix", "o.ix"],
    ['"o.o"."i""x"', '"o.o"."i""x"'],
  ])("gives %s the schema that it lacks", (name, expected) => {
    expect(inSchema(name, 'my "s')).toBe(expected);
  });
});
