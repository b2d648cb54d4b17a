import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const oneAtATime = "-- $parallelism_per_host = 1\n";

/** Two shards with a table of users, of whom two have the same email. */
async function users() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    "1.users.sh":
      "CREATE TABLE users(id int, email text); INSERT INTO users VALUES (1, 'a'), (2, 'a');",
  });
  return {
    ...prepared,
    /** The indexes of a shard, each with whether it is valid. */
    indexes: (shard: string) =>
      prepared.column(
        `SELECT c.relname || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END
         FROM pg_index JOIN pg_class c ON c.oid = indexrelid
         WHERE c.relnamespace = '${shard}'::regnamespace ORDER BY 1`,
      ),
  };
}

describe("CREATE INDEX CONCURRENTLY alone in its file", () => {
  it("runs outside of a transaction, with comments and stray semicolons around it", async () => {
    const { migrations, pgMig, indexes, ledger } = await users();
    await migrations({
      "2.index.sh": `${oneAtATime};; /* CREATE INDEX; */
        CREATE INDEX CONCURRENTLY users_email ON users(email); -- done;\n;`,
    });
    expect((await pgMig()).status).toBe(0);
    for (const shard of ["sh1", "sh2"]) {
      expect(await indexes(shard)).toEqual(["users_email"]);
      expect(await ledger(shard)).toEqual(["1.users.sh", "2.index.sh"]);
    }
  });

  it("fails where it cannot be built, and the next run replaces what that left behind", async () => {
    const { migrations, pgMig, indexes, ledger, database } = await users();
    await migrations({
      "2.index.sh": `${oneAtATime}CREATE UNIQUE INDEX CONCURRENTLY users_email ON users(email);`,
    });
    const first = await pgMig();
    expect(first).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("2.index.sh failed on 2 shards"),
    });
    expect(await indexes("sh1")).toEqual(["users_email (invalid)"]);
    expect(await ledger("sh1")).toEqual(["1.users.sh"]);
    await database.query("DELETE FROM sh1.users WHERE id = 2; DELETE FROM sh2.users WHERE id = 2");
    expect((await pgMig()).status).toBe(0);
    expect(await indexes("sh1")).toEqual(["users_email"]);
    expect(await ledger("sh1")).toEqual(["1.users.sh", "2.index.sh"]);
  });

  it("is not done where something else has the name of its index", async () => {
    const { migrations, pgMig, indexes, ledger, database } = await users();
    await pgMig();
    await database.query("CREATE TABLE sh1.users_email()");
    await migrations({
      "2.index.sh": `${oneAtATime}CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users(email);`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.index\.sh\.up\.sql:2:1: .* is taken by table sh1\.users_email\./);
    expect(stdout).toContain("what to do: Give the index of this version another name.");
    expect(stdout).not.toContain("DROP TABLE");
    expect(await ledger("sh1")).toEqual(["1.users.sh"]);
    expect(await ledger("sh2")).toEqual(["1.users.sh", "2.index.sh"]);
    expect(await indexes("sh2")).toEqual(["users_email"]);
  });

  it("builds a valid index anew, with one warning for all shards", async () => {
    const { migrations, pgMig, indexes } = await users();
    await migrations({
      "2.index.sh": "CREATE INDEX users_email ON users(id);",
      "3.again.sh": `${oneAtATime}CREATE INDEX CONCURRENTLY users_email ON users(email);`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /Warnings:\n {2}The index sh\d\.users_email on sh\d\.users exists and is valid: it is dropped and built anew\. \(2 times\)\n {4}3\.again\.sh on 127\.0\.0\.1:sh1-2\n/,
    );
    expect(await indexes("sh2")).toEqual(["users_email"]);
  });

  it("takes names with quotes, semicolons, and the words of a comment in them", async () => {
    const { migrations, pgMig, indexes } = await users();
    const name = 'My; "index" -- CONCURRENTLY /* ё $$ \'';
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await migrations({
      "2.index.sh": `${oneAtATime}CREATE INDEX CONCURRENTLY ${quoted} ON users((email || ';'));`,
    });
    expect((await pgMig()).status).toBe(0);
    expect(await indexes("sh1")).toEqual([name]);
    // The same again, in the other form, and replaced by itself.
    await migrations({
      "3.again.sh": `${oneAtATime}COMMIT;
        DROP INDEX CONCURRENTLY IF EXISTS ${quoted};
        CREATE INDEX CONCURRENTLY ${quoted} ON users(email);
        BEGIN;`,
    });
    expect((await pgMig()).status).toBe(0);
    expect(await indexes("sh1")).toEqual([name]);
  });

  it("is not seen in comments, strings, quoted names and functions: that runs as one transaction", async () => {
    const { migrations, pgMig, column, indexes } = await users();
    await migrations({
      "2.words.sh": `/* CREATE INDEX CONCURRENTLY a ON users(id); /* nested */ VACUUM; */
        -- CREATE INDEX CONCURRENTLY b ON users(id);
        CREATE TABLE "CREATE INDEX CONCURRENTLY c ON users(id);" (t text DEFAULT 'VACUUM; COMMIT;');
        CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN
          EXECUTE 'CREATE INDEX d ON users(id)'; -- CREATE INDEX CONCURRENTLY
        END $f$;
        CREATE TABLE tx AS SELECT pg_current_xact_id()::text::bigint AS id;
        SELECT f();`,
    });
    expect((await pgMig()).status).toBe(0);
    expect(await indexes("sh1")).toEqual(["d"]);
    // What the first and the last statement made has one creator: the transaction of the version.
    const made = "SELECT DISTINCT xmin FROM pg_class WHERE relnamespace = 'sh1'::regnamespace";
    expect(await column(`${made} AND relname IN ('tx', 'd')`)).toHaveLength(1);
  });
});

describe("CREATE INDEX CONCURRENTLY among other statements", () => {
  const version = (name: string) => ({
    [name]: `${oneAtATime}COMMIT;
      DROP INDEX IF EXISTS users_email;
      CREATE UNIQUE INDEX CONCURRENTLY users_email ON users(email);
      BEGIN;
      ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email;`,
  });

  it("runs in the frame COMMIT … BEGIN, and the ledger with what follows", async () => {
    const { migrations, pgMig, column, ledger, database } = await users();
    await migrations(version("2.index.sh"));
    expect((await pgMig()).status).toBe(1);
    expect(await ledger("sh1")).toEqual(["1.users.sh"]);
    await database.query("DELETE FROM sh1.users WHERE id = 2; DELETE FROM sh2.users WHERE id = 2");
    expect((await pgMig()).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.users.sh", "2.index.sh"]);
    expect(
      await column("SELECT conname FROM pg_constraint WHERE conrelid = 'sh1.users'::regclass"),
    ).toEqual(["users_email"]);
  });

  it("records nothing where what follows fails", async () => {
    const { migrations, pgMig, ledger, indexes } = await users();
    await migrations({
      "2.index.sh": `${oneAtATime}COMMIT;
        DROP INDEX IF EXISTS users_email;
        CREATE INDEX CONCURRENTLY users_email ON users(email);
        BEGIN;
        CREATE TABLE half();
        SELECT 1/0;`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.index\.sh\.up\.sql:7:\d+/);
    expect(await ledger("sh1")).toEqual(["1.users.sh"]);
    expect(await indexes("sh1")).toEqual(["users_email"]);
  });
});

describe("what is missing around statements that cannot run in a transaction", () => {
  it("is told for all files at once, before anything runs", async () => {
    const { migrations, pgMig, column } = await users();
    await migrations({
      "2.drop.sh": "DROP INDEX CONCURRENTLY users_email;",
      "3.no-limit.sh": "CREATE INDEX CONCURRENTLY a ON users(id);",
      "4.no-frame.sh": "SELECT 1; CREATE INDEX CONCURRENTLY b ON users(id);",
      "5.no-begin.sh": `${oneAtATime}COMMIT; DROP INDEX IF EXISTS c; CREATE INDEX CONCURRENTLY c ON users(id);`,
      "6.no-drop.sh": `${oneAtATime}COMMIT; CREATE INDEX CONCURRENTLY d ON users(id); BEGIN;`,
      "7.vacuum.sh": "SELECT 1; VACUUM users;",
      "8.commit.sh": "CREATE TABLE t(); ROLLBACK;",
    });
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    for (const [file, problem] of [
      ["2.drop.sh", "without IF EXISTS"],
      ["3.no-limit.sh", "without a limit on how many shards"],
      ["4.no-frame.sh", "does not start with COMMIT;"],
      ["4.no-frame.sh", "has no BEGIN;"],
      ["4.no-frame.sh", "no DROP INDEX IF EXISTS b;"],
      ["4.no-frame.sh", "without a limit on how many shards"],
      ["5.no-begin.sh", "has no BEGIN;"],
      ["6.no-drop.sh", "no DROP INDEX IF EXISTS d;"],
      ["7.vacuum.sh", "VACUUM cannot run in a transaction"],
      ["8.commit.sh", "ROLLBACK"],
    ] as const) {
      const told = stderr.split("\n").some((line) => line.includes(file) && line.includes(problem));
      expect(told, `${file}: ${problem}\n${stderr}`).toBe(true);
    }
    expect(await column("SELECT to_regclass('sh1.users')")).toEqual([null]);
  });
});

describe("other statements that cannot run in a transaction", () => {
  it.each([
    ["VACUUM", "VACUUM (ANALYZE) users;"],
    ["REINDEX … CONCURRENTLY", "REINDEX (VERBOSE) INDEX CONCURRENTLY users_id;"],
    ["DROP INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY IF EXISTS users_id;"],
    ["ALTER SYSTEM", "ALTER SYSTEM RESET work_mem;"],
  ])("%s runs alone in its file, or in the frame", async (_name, sql) => {
    const { migrations, pgMig, ledger } = await users();
    await migrations({
      "2.index.sh": "CREATE INDEX users_id ON users(id);",
      "3.alone.sh": `-- $run_alone = 1\n${sql}`,
      "4.index.sh": "CREATE INDEX IF NOT EXISTS users_id ON users(id);",
      "5.ending.sh": `-- $run_alone = 1\nCOMMIT;\n${sql}\nBEGIN;\nCREATE TABLE later();`,
    });
    const { status, stdout } = await pgMig();
    expect(status, stdout).toBe(0);
    expect((await ledger("sh2")).at(-1)).toBe("5.ending.sh");
  });

  it("leave ALTER TYPE … ADD VALUE where it is: it can run in one", async () => {
    const { migrations, pgMig, column } = await users();
    await migrations({
      "2.type.sh": "CREATE TYPE mood AS ENUM ('sad');",
      "3.value.sh": "ALTER TYPE mood ADD VALUE 'happy'; CREATE TABLE later();",
    });
    expect((await pgMig()).status).toBe(0);
    expect(await column("SELECT 'happy'::sh1.mood::text")).toEqual(["happy"]);
  });
});
