import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@pg-mig/testkit";
import { observe } from "./observation.js";
import type { TestVersion } from "./test-version.js";

/** Runs a statement that may meet the tool's own transaction, until it gets through. */
export async function insist(database: TestDatabase, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await database.query(sql);
      return;
    } catch (error) {
      if (attempt === 50) {
        throw error;
      }
      await sleep(10);
    }
  }
}

/** Writes the ledger of a shard anew, as an operator would: from what he finds in the shard. */
export async function restoreLedger(
  database: TestDatabase,
  shard: string,
  versions: readonly TestVersion[],
): Promise<void> {
  const { shards } = await observe(database, "");
  const objects = shards.find((state) => state.shard === shard)?.objects ?? [];
  const names = versions.filter(({ object }) => objects.includes(object)).map(({ name }) => name);
  await database.query(`
    DROP FUNCTION IF EXISTS ${shard}.mig_versions_const();
    CREATE FUNCTION ${shard}.mig_versions_const() RETURNS text LANGUAGE sql
      AS $$ SELECT '${JSON.stringify(names)}'; $$;`);
}
