import { releaseShardSql } from "@pg-mig/ledger";
import type { RunEvent } from "@pg-mig/report";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  countingVersions,
  expectAllApplied,
  options,
  shardedCluster,
} from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

/** What the owner of a database may set for everybody who connects to it. */
const settingValues = [
  "pg_mig.ledger_has_changed TO 'x'",
  "pg_mig.shard_is_taken_by_another_run TO 'x'",
  "default_transaction_isolation TO 'repeatable read'",
  "default_transaction_isolation TO 'serializable'",
  "transform_null_equals TO on",
  "standard_conforming_strings TO off",
  "quote_all_identifiers TO on",
  "client_min_messages TO error",
  "search_path TO sh0003, public, pg_catalog",
];

async function databaseWith(setting: string): Promise<TestDatabase> {
  const [database] = (await databases()) as [TestDatabase];
  await database.query(`ALTER DATABASE ${database.name} SET ${setting}`);
  return database;
}

describe("where a database sets for its sessions", () => {
  it.each(settingValues)("%s, a ledger that changed since the plan is noticed", async (setting) => {
    const database = await databaseWith(setting);
    const versions = countingVersions(2);
    const [first = ""] = Object.keys(versions);
    const folder = await migrationFolder({
      ...versions,
      // What another program does that knows no lock.
      "before.sql": `CREATE TABLE sh0003.t0(id int);
        INSERT INTO sh0003.applied VALUES ('${first}');
        CREATE FUNCTION sh0003.mig_versions_const() RETURNS text LANGUAGE sql
          AS $$ SELECT '["${first}"]'; $$;`,
    });
    const report = await apply(options([database], folder)).result;
    expect(report).toMatchObject({ outcome: "done", alreadyDone: 1, done: 7, failed: [] });
    await expectAllApplied([database], Object.keys(versions));
  });

  it.each(settingValues)("%s, a shard that is taken is left alone", async (setting) => {
    const database = await databaseWith(setting);
    const versions = countingVersions(1);
    const folder = await migrationFolder(versions);
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    await holder.query(releaseShardSql("sh0003").replace("unlock", "lock"));
    const refused: RunEvent[] = [];
    const run = apply(options([database], folder));
    for await (const event of run) {
      if (event.type !== "step:requeued") {
        continue;
      }
      refused.push(event);
      await holder.query(releaseShardSql("sh0003"));
    }
    expect(refused[0]).toMatchObject({ shard: "sh0003", reason: "shard-taken" });
    expect(await run.result).toMatchObject({ outcome: "done", done: 4, failed: [] });
    await expectAllApplied([database], Object.keys(versions));
  });

  it("another isolation level, files run under it, as with psql", async () => {
    const database = await databaseWith("default_transaction_isolation TO 'repeatable read'");
    const folder = await migrationFolder({
      "20240101000000.level.sh":
        "INSERT INTO applied SELECT current_setting('transaction_isolation');",
    });
    expect((await apply(options([database], folder)).result).outcome).toBe("done");
    expect(await database.query("SELECT version FROM sh0001.applied")).toEqual([
      { version: "repeatable read" },
    ]);
    const locks = "SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory'";
    expect(await database.query(locks)).toEqual([{ locks: 0 }]);
  });

  it("the text of a refusal, a file that raises it has failed", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const texts = [
      "pg-mig: another run has taken the shard",
      "pg-mig: the ledger has changed",
      "pg-mig: the ledger is not what was stored",
    ];
    const folder = await migrationFolder({
      "20240101000000.raise.sh": `DO $$ BEGIN
        RAISE EXCEPTION USING ERRCODE = '22P02',
          MESSAGE = 'invalid input: ${texts.map((text) => `"${text}"`).join(" ")}'; END $$;`,
    });
    const report = await apply(options([database], folder)).result;
    expect(report.failed.map(({ error }) => error.code)).toEqual(
      Array.from({ length: 4 }, () => "SCRIPT_FAILED"),
    );
  });
});
