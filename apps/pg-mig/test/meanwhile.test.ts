import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/**
 * A run of two versions on two shards that is planned and goes on only when something has happened
 * meanwhile; gives how it ended.
 */
async function runMeanwhile(
  { migrations, start, database }: Scenario,
  happens: () => Promise<unknown>,
) {
  await database.query("CREATE TABLE go(n int)");
  const wait = "WHILE NOT EXISTS (SELECT FROM go) LOOP PERFORM pg_sleep(0.02); END LOOP;";
  await migrations({
    "before.sql": `DO $$ BEGIN ${wait} END $$;`,
    "1.a.sh": "CREATE TABLE a();",
    "2.b.sh": "CREATE TABLE b();",
  });
  const run = start();
  await run.printed("before.sql starts");
  await happens();
  await database.query("INSERT INTO go VALUES (1)");
  return run.result;
}

describe("what happens while a run is under way:", () => {
  it("a schema is dropped: that is told with its name, the others go on, the next run is content", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    const { database, pgMig, ledger } = prepared;
    const { status, stdout } = await runMeanwhile(prepared, () =>
      database.query("DROP SCHEMA sh1"),
    );
    expect(status).toBe(1);
    expect(stdout).toContain('Shard "sh1" was dropped or renamed during the run');
    expect(stdout).toContain("2 of 4 steps applied, 1 failed, 1 not attempted");
    expect(await ledger("sh2")).toEqual(["1.a.sh", "2.b.sh"]);
    expect(await pgMig()).toMatchObject({ status: 0 });
  });

  it("a schema is dropped and made again: it gets its versions, and no others' ledger", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    const { database, ledger } = prepared;
    const { status } = await runMeanwhile(prepared, () =>
      database.query("DROP SCHEMA sh1; CREATE SCHEMA sh1"),
    );
    expect(status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("a schema is renamed: the old name is told, and the new one gets its versions", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    const { database, pgMig, ledger } = prepared;
    const { status, stdout } = await runMeanwhile(prepared, () =>
      database.query("ALTER SCHEMA sh1 RENAME TO sh9"),
    );
    expect(status).toBe(1);
    expect(stdout).toContain('Shard "sh1" was dropped or renamed during the run');
    expect(await pgMig()).toMatchObject({ status: 0 });
    expect(await ledger("sh9")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("a ledger is overwritten with something else: that shard is left alone", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    const { database, column, ledger } = prepared;
    const { status, stdout } = await runMeanwhile(prepared, () =>
      database.query(
        "CREATE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT 'no list'; $$",
      ),
    );
    expect(status).toBe(1);
    expect(stdout).toContain('The ledger of shard "sh1"');
    expect(await column("SELECT to_regclass('sh1.a')")).toEqual([null]);
    expect(await ledger("sh2")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("files are edited and removed: what was read and checked at the start is what runs", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    const { folder, write, pgMig, column } = prepared;
    const { status } = await runMeanwhile(prepared, async () => {
      await write("mig/1.a.sh.up.sql", "CREATE TABLE edited();");
      await rm(join(folder, "mig/2.b.sh.up.sql"));
    });
    expect(status).toBe(0);
    const tables =
      "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text ~ '^sh' ORDER BY 1";
    expect(await column(tables)).toEqual(["sh1.a", "sh1.b", "sh2.a", "sh2.b"]);
    await write("mig/2.b.sh.up.sql", "CREATE TABLE b();");
    const { status: strict, stderr } = await pgMig(["--strict"]);
    expect(strict).toBe(1);
    expect(stderr).toMatch(/edited after (it was|they were) applied: 1\.a\.sh/);
  });
});
