import type { Report, RunEvent } from "@pg-mig/report";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import {
  appliedOn,
  countingVersions,
  ledgerOf,
  options,
  shardedCluster,
} from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import { undo } from "./undo.js";

const { databases, cluster } = shardedCluster({ nodes: 1 });

const first = "20240101000000.count.sh";
const second = "20240101000001.count.sh";
const third = "20240101000002.count.sh";

/** Versions that would not notice that they are there already. */
function repeatableVersions(): Record<string, string> {
  return Object.fromEntries(
    [first, second, third].map((name) => [name, `INSERT INTO applied VALUES ('${name}');`]),
  );
}

/** At the COMMIT of the named version, the shard's ledger goes away. */
function dropLedgerAtCommit(database: TestDatabase, shard: string, version: string) {
  return database.query(`CREATE FUNCTION ${shard}.take() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DROP FUNCTION IF EXISTS ${shard}.mig_versions_const(); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER take AFTER INSERT ON ${shard}.applied DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.version = '${version}') EXECUTE FUNCTION ${shard}.take()`);
}

function codesOf({ failed }: Report) {
  return failed.map(({ shard, version, error }) => `${shard} ${version} ${error.code}`);
}

describe("a ledger entry that a trigger takes away at the COMMIT", () => {
  it.each([
    { of: "the first version of a chain", version: first, left: 2 },
    { of: "one in its middle", version: second, left: 1 },
    { of: "the last one", version: third, left: 0 },
  ])("fails $of, which is told and not applied again", async ({ version, left }) => {
    const [database] = (await databases()) as [TestDatabase];
    await dropLedgerAtCommit(database, "sh0002", version);
    const folder = await migrationFolder(repeatableVersions());
    const report = await apply(options([database], folder)).result;
    // With the ledger, the entries of earlier versions went away, too.
    const gone = [first, second, third].slice(0, 3 - left);
    expect(codesOf(report).sort()).toEqual(gone.map((name) => `sh0002 ${name} LEDGER_ENTRY_LOST`));
    expect(report).toMatchObject({
      outcome: "failed",
      planned: 12,
      done: 9,
      notAttempted: left,
    });
    expect(await appliedOn(database, "sh0002")).toEqual(gone);
    for (const shard of ["sh0001", "sh0003", "sh0004"]) {
      expect(await appliedOn(database, shard)).toEqual([first, second, third]);
    }
    const [failure] = report.failed;
    expect(failure?.error).toMatchObject({
      message: expect.stringMatching(/Version .* is applied and committed, but .* shard "sh0002"/),
      hint: expect.stringContaining("before you run pg-mig again"),
      where: { shard: "sh0002" },
    });
  });

  it("is told where the entries of earlier runs went away with it", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const versions = repeatableVersions();
    const earlier = await migrationFolder({ [first]: versions[first] ?? "" });
    await apply(options([database], earlier)).result;
    await dropLedgerAtCommit(database, "sh0002", second);
    const report = await apply(options([database], await migrationFolder(versions))).result;
    expect(codesOf(report)).toContain(`sh0002 ${second} LEDGER_ENTRY_LOST`);
    expect(report).toMatchObject({ outcome: "failed", planned: 8, done: 6 });
    expect(await appliedOn(database, "sh0002")).toEqual([first, second]);
  });

  it("is told in the round in which new schemas are migrated, too", async () => {
    const [database] = (await databases()) as [TestDatabase];
    await dropLedgerAtCommit(database, "sh0002", third);
    const folder = await migrationFolder({
      ...repeatableVersions(),
      "20240101000000.shard.public":
        "CREATE SCHEMA sh0005; CREATE TABLE sh0005.applied(version text);",
    });
    const report = await apply(options([database], folder)).result;
    expect(report.outcome).toBe("failed");
    expect(new Set(codesOf(report).map((text) => text.split(" ")[0]))).toEqual(new Set(["sh0002"]));
    expect(await appliedOn(database, "sh0002")).toEqual([first, second, third]);
  });

  it("fails an undo whose entry a trigger puts back", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const folder = await migrationFolder({
      [first]: "SELECT;",
      [`${first}.dn.sql`]: "INSERT INTO applied VALUES ('undone');",
    });
    await apply(options([database], folder)).result;
    await database.query(`CREATE FUNCTION sh0003.put() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
      CREATE OR REPLACE FUNCTION sh0003.mig_versions_const() RETURNS text LANGUAGE sql
      AS $$ SELECT '["${first}"]'; $$; RETURN NULL; END $f$;
      CREATE CONSTRAINT TRIGGER put AFTER INSERT ON sh0003.applied DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION sh0003.put()`);
    const report = await undo({ ...options([database], folder), version: first }).result;
    expect(codesOf(report)).toEqual([`sh0003 ${first} LEDGER_ENTRY_LOST`]);
    expect(report).toMatchObject({ outcome: "failed", done: 3 });
    expect(await appliedOn(database, "sh0003")).toEqual(["undone"]);
  });
});

describe("a ledger that an event trigger rewrites as it is stored", () => {
  it("fails the version, which is rolled back", async () => {
    const [database] = (await databases()) as [TestDatabase];
    await database.query(`CREATE FUNCTION public.rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE pg_proc SET prosrc = ' SELECT ''[]''; ' WHERE proname = 'mig_versions_const'
        AND pronamespace = 'sh0002'::regnamespace; END $$;
      CREATE EVENT TRIGGER rewrite ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
        EXECUTE FUNCTION public.rewrite()`);
    const folder = await migrationFolder({
      ...countingVersions(2),
      "20240101000002.index.sh":
        "-- $parallelism_global = 1\nCREATE INDEX CONCURRENTLY t1_id ON t1(id);",
    });
    const report = await apply(options([database], folder)).result;
    expect(codesOf(report)).toEqual([`sh0002 ${first} LEDGER_NOT_STORED`]);
    expect(report).toMatchObject({ outcome: "failed", done: 9, notAttempted: 2 });
    expect(await appliedOn(database, "sh0002")).toEqual([]);
    await database.query("DROP EVENT TRIGGER rewrite");
    expect((await apply(options([database], folder)).result).outcome).toBe("done");
    expect(await appliedOn(database, "sh0002")).toEqual([first, second]);
  });
});

describe("a step that a restart of the server has lost", () => {
  it("is applied again, as after a failover", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const folder = await migrationFolder({ ...repeatableVersions() });
    const events: RunEvent[] = [];
    let restarted = false;
    const run = apply({ ...options([database], folder), parallelism: 1 });
    for await (const event of run) {
      events.push(event);
      if (restarted || event.type !== "step:done" || event.version !== first) {
        continue;
      }
      restarted = true;
      await cluster().node.restart("immediate");
      // As if the COMMIT had never been written to disk.
      await database.query(
        `DROP FUNCTION ${event.shard}.mig_versions_const(); DELETE FROM ${event.shard}.applied`,
      );
    }
    expect(await run.result).toMatchObject({ outcome: "done", done: 12, failed: [] });
    expect(events.filter(({ type }) => type === "step:vanished").length).toBeGreaterThan(0);
    for (const shard of ["sh0001", "sh0002", "sh0003", "sh0004"]) {
      expect(await ledgerOf(database, shard)).toEqual([first, second, third]);
      expect(await appliedOn(database, shard)).toEqual([first, second, third]);
    }
  });
});
