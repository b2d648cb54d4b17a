import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("statements that control the transaction", () => {
  it("are refused in before.sql, each with its place, before anything runs", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    const statements = [
      ["BEGIN;", "BEGIN"],
      ["START TRANSACTION;", "START TRANSACTION"],
      ["  COMMIT;", "COMMIT"],
      ["END;", "END"],
      ["ROLLBACK;", "ROLLBACK"],
      ["ABORT;", "ABORT"],
      ["COMMIT AND CHAIN;", "COMMIT AND CHAIN"],
      ["PREPARE TRANSACTION 'p';", "PREPARE TRANSACTION"],
    ] as const;
    await migrations({
      "1.a.sh": "CREATE TABLE t();",
      "before.sql": `SELECT 1;\n${statements.map(([text]) => text).join("\n")}\n`,
    });
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    for (const [i, [text, name]] of statements.entries()) {
      const place = `${i + 2}:${text.search(/\S/) + 1}`;
      expect(stderr).toContain(
        `before.sql:${place}: ${name} in a file that runs in one transaction`,
      );
    }
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("may be savepoints, and words of strings, comments, names and bodies", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `CREATE TABLE "COMMIT;"(id int); -- COMMIT;
        SAVEPOINT a; INSERT INTO "COMMIT;" VALUES (1); ROLLBACK TO a;
        SAVEPOINT b; INSERT INTO "COMMIT;" VALUES (2); RELEASE b;
        /* ROLLBACK; */ INSERT INTO "COMMIT;" SELECT length('COMMIT;');
        DO $$ BEGIN INSERT INTO "COMMIT;" VALUES (4); EXCEPTION WHEN OTHERS THEN NULL; END; $$;`,
    });
    expect((await pgMig()).status).toBe(0);
    expect(await column('SELECT id FROM sh1."COMMIT;"')).toEqual([2, 7, 4]);
  });
});

describe("constraints that are deferred", () => {
  const tables = `CREATE TABLE a(id int PRIMARY KEY);
    CREATE TABLE b(id int CONSTRAINT points_at_a REFERENCES a DEFERRABLE INITIALLY DEFERRED);`;

  it("may be met late, and are checked at once with SET CONSTRAINTS, at its place", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `${tables}\nINSERT INTO b VALUES (7); INSERT INTO a VALUES (7);`,
      "2.b.sh": "INSERT INTO b VALUES (8);\nSET CONSTRAINTS ALL IMMEDIATE;\nSELECT 1;",
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.b\.sh\.up\.sql:2:1: insert or update on table "b" violates foreign/);
    expect(stdout).toContain("1 of 2 steps applied");
    expect(await column("SELECT id FROM sh1.b")).toEqual([7]);
  });

  it("with checks that are pending keep their table from being altered, which says so", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `${tables}\nINSERT INTO b VALUES (7);\nALTER TABLE b ADD COLUMN more text;`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/1\.a\.sh\.up\.sql:4:1: .*because it has pending trigger events/);
    expect(await column("SELECT to_regclass('sh1.a')")).toEqual([null]);
  });
});

// drizzle-team/drizzle-orm#3466, npgsql/efcore.pg#3363
describe("a value that is added to an enum", () => {
  const add = "ALTER TYPE mood ADD VALUE 'calm';";
  const use = "CREATE TABLE t(how mood DEFAULT 'calm'); INSERT INTO t DEFAULT VALUES;";

  it("can be used in the next version of the same run", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.type.sh": "CREATE TYPE mood AS ENUM ('glad');",
      "2.a.sh": add,
      "3.b.sh": use,
    });
    expect(await pgMig(["--parallelism=1"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("6 of 6 steps applied"),
    });
    expect(
      await column("SELECT how::text FROM sh1.t UNION ALL SELECT how::text FROM sh2.t"),
    ).toEqual(["calm", "calm"]);
  });

  it("cannot be used in its own file: that is told with its place and what to do", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.type.sh": "CREATE TYPE mood AS ENUM ('glad');",
      "2.a.sh": `${add}\n${use}`,
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/2\.a\.sh\.up\.sql:2:\d+: unsafe use of new value "calm"/);
    expect(stdout).toContain("New enum values must be committed before they can be used.");
    expect(await ledger("sh1")).toEqual(["1.type.sh"]);
  });
});
