import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { options, shardedCluster } from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

const first = "20240101000000.first.sh";

describe("a file that changes the ledger of its own shard", () => {
  it("fails, and is not tried for ever", async () => {
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
