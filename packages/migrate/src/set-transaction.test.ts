import { releaseShardSql } from "@pg-mig/ledger";
import { pgBouncerMissing, startPgBouncer, type TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { apply } from "./apply.js";
import {
  appliedOn,
  ledgerOf,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

const version = "20240101000000.level.sh";
const record = "INSERT INTO applied SELECT current_setting('transaction_isolation');";
const locks = "SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory'";

/** Applies one file; what it has noted on the first shard. */
async function noted(sql: string, database: TestDatabase): Promise<string[]> {
  const folder = await migrationFolder({ [version]: sql });
  const report = await apply(options([database], folder)).result;
  expect(report).toMatchObject({ outcome: "done", done: shardNames.length, failed: [] });
  for (const shard of shardNames) {
    expect(await ledgerOf(database, shard)).toEqual([version]);
  }
  expect(await database.query(locks)).toEqual([{ locks: 0 }]);
  return appliedOn(database, "sh0001");
}

describe("a file that chooses its transaction", () => {
  it.each([
    ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;", "repeatable read"],
    [
      "-- why\nset local lock_timeout = '1s';\nset transaction isolation level serializable;",
      "serializable",
    ],
    ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE;", "serializable"],
    ["SET TRANSACTION NOT DEFERRABLE;", "read committed"],
    ["SET LOCAL transaction_isolation TO 'repeatable read';", "repeatable read"],
    ["\\set level SERIALIZABLE\nSET TRANSACTION ISOLATION LEVEL :level;", "serializable"],
    // That is for later transactions, of which there is none.
    ["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "read committed"],
  ])("by %j runs as in psql", async (choice, level) => {
    const [database] = (await databases()) as [TestDatabase];
    expect(await noted(`${choice}\n${record}`, database)).toEqual([level]);
  });

  it("fails at the place of its error, wholly undone", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const sql = `SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; ${record}\nSELECT\n  1 / nothing;`;
    const folder = await migrationFolder({ [version]: sql });
    const report = await apply(options([database], folder)).result;
    expect(report.failed).toHaveLength(shardNames.length);
    expect(report.failed[0]?.error.where).toMatchObject({ line: 3, column: 7 });
    expect(await appliedOn(database, "sh0001")).toEqual([]);
    expect(await database.query(locks)).toEqual([{ locks: 0 }]);
  });

  it("waits for a shard that is taken, and does not run on a ledger that changed", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const sql = `SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n${record}`;
    const folder = await migrationFolder({
      [version]: sql,
      "before.sql": `CREATE FUNCTION sh0001.mig_versions_const() RETURNS text LANGUAGE sql
        AS $$ SELECT '["${version}"]'; $$;`,
    });
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    await holder.query(releaseShardSql("sh0002").replace("unlock", "lock"));
    const run = apply(options([database], folder));
    const reasons: string[] = [];
    for await (const event of run) {
      if (event.type !== "step:requeued") {
        continue;
      }
      reasons.push(`${event.shard} ${event.reason}`);
      await holder.query(releaseShardSql("sh0002"));
    }
    expect(reasons).toContain("sh0002 shard-taken");
    expect(await run.result).toMatchObject({ outcome: "done", done: 3, alreadyDone: 1 });
    expect(await appliedOn(database, "sh0001")).toEqual([]);
    expect(await appliedOn(database, "sh0002")).toEqual(["serializable"]);
  });

  it("is rolled back where another program has applied it while it ran", async () => {
    const [database] = (await databases()) as [TestDatabase];
    // Without an end to their waits, all shards wait at the same time, however many begin at once.
    const sql = `-- $lock_timeout = 0\nSET TRANSACTION READ WRITE;\n${record}\nSELECT pg_advisory_xact_lock_shared(42);`;
    const folder = await migrationFolder({ [version]: sql });
    const holder = await database.connect();
    onTestFinished(() => holder.end());
    await holder.query("SELECT pg_advisory_lock(42)");
    const run = apply(options([database], folder));
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    await expect.poll(() => holder.query(waiting)).toMatchObject({ rowCount: shardNames.length });
    for (const shard of shardNames) {
      await holder.query(`CREATE FUNCTION ${shard}.mig_versions_const() RETURNS text LANGUAGE sql
        AS $$ SELECT '["${version}"]'; $$`);
    }
    await holder.query("SELECT pg_advisory_unlock(42)");
    expect(await run.result).toMatchObject({ outcome: "done", done: 0, alreadyDone: 4 });
    expect(await appliedOn(database, "sh0001")).toEqual([]);
  });

  it("runs before.sql likewise", async () => {
    const [database] = (await databases()) as [TestDatabase];
    const folder = await migrationFolder({
      [version]: "SELECT;",
      "before.sql":
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nINSERT INTO sh0001.applied SELECT current_setting('transaction_isolation');",
    });
    expect((await apply(options([database], folder)).result).outcome).toBe("done");
    expect(await appliedOn(database, "sh0001")).toEqual(["serializable"]);
  });

  it.skipIf(pgBouncerMissing() !== undefined)(
    "is refused by name behind a pooler in transaction mode, with nothing changed",
    async () => {
      const [database] = (await databases()) as [TestDatabase];
      const bouncer = await startPgBouncer({ node: database, mode: "transaction" });
      onTestFinished(() => bouncer.stop());
      const hook = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE public.hook();";
      const folder = await migrationFolder({ [version]: "SELECT;", "before.sql": hook });
      const given = { ...options([bouncer], folder), allowPooler: true };
      expect((await apply(given).result).outcome).toBe("done");
      const second = "20240101000001.second.sh";
      const choosing = { [version]: "SELECT;", [second]: `SET TRANSACTION READ WRITE;\n${record}` };
      const refused = apply({ ...given, migrationDirectory: await migrationFolder(choosing) });
      await expect(refused.result).rejects.toMatchObject({
        code: "POOLER_REFUSED",
        problems: [{ message: expect.stringContaining(second) }],
      });
      expect(await appliedOn(database, "sh0001")).toEqual([]);
    },
  );
});
