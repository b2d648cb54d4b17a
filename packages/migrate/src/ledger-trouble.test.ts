import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { appliedOn, collect, options, shardedCluster } from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

const first = "20240101000000.first.sh";
const second = "20240101000001.second.sh";

/** Empties the ledger, or any other function of its name, the moment that it is stored. */
const emptyingTrigger = `CREATE FUNCTION public.empty_ledger() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN UPDATE pg_proc SET prosrc = $s$ SELECT '[]'; $s$ WHERE proname = 'mig_versions_const'; END $$;
  CREATE EVENT TRIGGER empty_ledger ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
  EXECUTE FUNCTION public.empty_ledger();`;

/** Drops the ledger of the shard at COMMIT, after a row was added to its table. */
const droppingTrigger = (shard: string) => `CREATE FUNCTION ${shard}.drop_ledger() RETURNS trigger
  LANGUAGE plpgsql AS $$ BEGIN DROP FUNCTION IF EXISTS ${shard}.mig_versions_const(); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER drop_ledger AFTER INSERT ON ${shard}.applied DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ${shard}.drop_ledger();`;

const insert = (version: string) => `INSERT INTO applied VALUES ('${version}');`;

describe("a database in which something takes ledger entries away", () => {
  it("rolls a version back whose entry an event trigger changes at once, and says so", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    await database.query(emptyingTrigger);
    const folder = await migrationFolder({ [first]: insert(first), [second]: insert(second) });
    const { outcome, done, failed, notAttempted } = await apply(options([database], folder)).result;
    expect({ outcome, done, notAttempted }).toEqual({
      outcome: "failed",
      done: 0,
      notAttempted: 4,
    });
    expect(failed.map(({ version, error }) => [version, error.code])).toEqual(
      Array(4).fill([first, "LEDGER_ENTRY_GONE"]),
    );
    expect(await appliedOn(database, "sh0001")).toEqual([]);
  });

  it("never repeats a version whose entry goes away at COMMIT, nor goes on after it", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    await database.query(droppingTrigger("sh0002"));
    const folder = await migrationFolder({ [first]: insert(first), [second]: insert(second) });
    const run = apply(options([database], folder));
    await collect(run);
    const { outcome, planned, done, failed, notAttempted } = await run.result;
    expect({ outcome, planned, done, notAttempted }).toEqual({
      outcome: "failed",
      planned: 8,
      done: 6,
      notAttempted: 1,
    });
    expect(failed).toMatchObject([
      {
        shard: "sh0002",
        version: first,
        error: { code: "LEDGER_ENTRY_GONE" },
        notAttempted: [second],
      },
    ]);
    expect(await appliedOn(database, "sh0002")).toEqual([first]);
    expect(await appliedOn(database, "sh0001")).toEqual([first, second]);
  });

  it("finds an entry gone, too, if it was that of the last version", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    await database.query(droppingTrigger("sh0003"));
    const folder = await migrationFolder({ [first]: insert(first) });
    const { outcome, done, failed, notAttempted } = await apply(options([database], folder)).result;
    expect({ outcome, done, notAttempted }).toEqual({
      outcome: "failed",
      done: 3,
      notAttempted: 0,
    });
    expect(failed).toMatchObject([{ shard: "sh0003", error: { code: "LEDGER_ENTRY_GONE" } }]);
    expect(await appliedOn(database, "sh0003")).toEqual([first]);
  });

  it("ends a version that changes the ledger itself, however often it would be tried", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    const folder = await migrationFolder({
      [first]: `-- $parallelism_global = 1
        COMMIT; DROP INDEX IF EXISTS applied_version;
        CREATE INDEX CONCURRENTLY applied_version ON applied(version);
        BEGIN;
        CREATE OR REPLACE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '["x"]'; $$;`,
    });
    const { failed } = await apply(options([database], folder)).result;
    expect(failed.map(({ error }) => error.code)).toEqual(Array(4).fill("LEDGER_UNSETTLED"));
  });
});
