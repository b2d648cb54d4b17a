import { brokenText } from "@pg-mig/fuzz";
import { isPgMigError } from "@pg-mig/model";
import type { TestDatabase } from "@pg-mig/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { apply } from "./apply.js";
import { appliedOn, options, shardedCluster, shardNames } from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

const version = "20240101000000.broken.sh";
const files = [
  "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (2);\n",
  "\\set v 'x y'\n\\if :{?v}\nSELECT :'v';\n\\else\nSELECT 1;\n\\endif\n",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\nSELECT f();\n",
  "CREATE TABLE c (a text);\nCOPY c FROM stdin;\n1\n\\.\n",
  "SELECT 'CREATE TABLE made (id int)' \\gexec\n",
  "-- $lock_timeout = 100\nSELECT 1 AS one \\gset\nSELECT :one;\n",
];
// No words of transaction control: a file that commits by itself is not promised to be all or nothing.
const pieces = ["'", '"', "$$", "/*", "*/", "--", "\\", "\\.", "(", ")", ";", "\\;", "\\if 0\n"];

it("applies a broken file wholly, or not at all, or says that it cannot be applied", async () => {
  const [database] = (await databases()) as [TestDatabase];
  const counts = { applied: 0, failed: 0, refused: 0 };
  const property = fc.asyncProperty(brokenText(files, pieces), async (text) => {
    const sql = `INSERT INTO applied VALUES ('first');\n${text}`;
    await emptyShards(database);
    const folder = await migrationFolder({ [version]: sql });
    const report = await apply(options([database], folder)).result.catch((error: unknown) => {
      expect(error).toSatisfy(isPgMigError);
      counts.refused++;
    });
    counts.applied += report?.done ?? 0;
    counts.failed += report?.failed.length ?? 0;
    for (const shard of shardNames) {
      const isInLedger = (await database.query(`SELECT to_regproc('${shard}.mig_versions_const')`))
        .map(({ to_regproc: name }) => name !== null)
        .includes(true);
      expect(await appliedOn(database, shard), shard).toEqual(isInLedger ? ["first"] : []);
    }
  });
  const seconds = process.env.PG_MIG_FUZZ_SECONDS;
  await fc.assert(property, {
    ...(seconds === undefined
      ? { numRuns: 5, seed: 20261126 }
      : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: Number(seconds) * 1000 }),
    markInterruptAsFailure: false,
    includeErrorInReport: true,
  });
  if (seconds !== undefined) {
    process.stdout.write(`broken files on four shards: ${JSON.stringify(counts)}\n`);
  }
});

async function emptyShards(database: TestDatabase): Promise<void> {
  for (const shard of shardNames) {
    await database.query(`DROP SCHEMA ${shard} CASCADE; CREATE SCHEMA ${shard};
      CREATE TABLE ${shard}.applied(version text)`);
  }
}
