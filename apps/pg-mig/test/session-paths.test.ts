import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const tables = `SELECT oid::regclass::text FROM pg_class
  WHERE relkind = 'r' AND relname ~ '^(t|next)' AND relpersistence = 'p' ORDER BY relname, 1`;

/** What files do to their session; golang-migrate/migrate#156, peterldowns/pgmigrate#4. */
const leaving = [
  "SELECT set_config('search_path', '', false);",
  "SELECT set_config('search_path', '', true);",
  "SELECT pg_catalog.set_config('search_path', '', false);",
  "SET search_path TO public, pg_catalog;",
  "SELECT format('GRANT ALL ON SCHEMA %I TO weak', current_schema) \\gexec\nSET ROLE weak;",
  "SET SESSION AUTHORIZATION weak;",
  "CREATE TEMP TABLE next6(x int);",
  "SET default_transaction_read_only TO on;",
  "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;",
];

describe("a file that leaves its session with another path or role, temporary tables, or read-only", () => {
  it("has its entry, and the next version starts as ever", async () => {
    const { migrations, pgMig, column, ledger, database } = await scenario({
      shards: ["sh1", "sh2"],
    });
    await database.query("CREATE ROLE weak");
    onTestFinished(async () => {
      await database.query("DROP OWNED BY weak; DROP ROLE weak");
    });
    for (const [i, leave] of leaving.entries()) {
      await migrations({
        [`${i}.a.sh`]: `CREATE TABLE t${i}(); ${leave}`,
        [`${i}.b.sh`]: `CREATE TABLE next${i}(); SELECT FROM t${i}, next${i};`,
      });
    }
    const { status, stdout } = await pgMig(["--parallelism=1"]);
    expect(stdout).toContain("36 of 36 steps applied");
    expect(status).toBe(0);
    const versions = leaving.flatMap((_, i) => [`${i}.a.sh`, `${i}.b.sh`]);
    const names = ["next", "t"].flatMap((word) => leaving.map((_, i) => `${word}${i}`));
    expect(await column(tables)).toEqual(names.flatMap((name) => [`sh1.${name}`, `sh2.${name}`]));
    expect(await ledger("sh1")).toEqual(versions);
    expect(await ledger("sh2")).toEqual(versions);
  });
});

/** What is done to itself, and hurts nobody else. */
describe("a file that", () => {
  it("resets all settings makes its next table where psql would: that search_path is its own", async () => {
    const { migrations, pgMig, column, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t(); RESET ALL; CREATE TABLE next();" });
    expect((await pgMig()).status).toBe(0);
    expect(await column(tables)).toEqual(["next", "sh1.t"]);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("cancels its own statement fails with its place, and leaves nothing", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": "CREATE TABLE t();\nSELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(9);",
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(/1\.a\.sh\.up\.sql:2:1: canceling statement due to user request/);
    expect(await column(tables)).toEqual([]);
  });

  // rails-on-services/apartment#109: an extension is in one schema of its database.
  it("makes an extension in its shard fails on the others, as an extension is there once", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.a.sh":
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;\nCREATE TABLE t(word text);\nCREATE INDEX ON t\n  USING gin (word gin_trgm_ops);",
    });
    const { status, stdout } = await pgMig(["--parallelism=1"]);
    expect(status).toBe(1);
    expect(stdout).toContain("1 of 2 steps applied, 1 failed");
    expect(stdout).toMatch(
      /1\.a\.sh\.up\.sql:3:1: operator class "gin_trgm_ops" does not exist for access method "gin"/,
    );
    expect(await column(tables)).toEqual(["sh1.t"]);
    expect(
      await column(
        "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'",
      ),
    ).toEqual(["sh1"]);
  });
});
