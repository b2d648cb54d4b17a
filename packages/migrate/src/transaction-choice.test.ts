import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { options, shardedCluster } from "./counted-shards.test.support.js";
import { migrationFolder } from "./migration-folder.test.support.js";

const { databases } = shardedCluster({ nodes: 1 });

const version = "20240101000000.level.sh";

describe("a file that chooses what its transaction is like", () => {
  it.each([
    ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;", "repeatable read"],
    ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE;", "serializable"],
    ["/* first */ set local transaction_isolation to 'repeatable read';", "repeatable read"],
  ])("runs in it: %s", async (choice, level) => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    const insert = "INSERT INTO applied VALUES (current_setting('transaction_isolation'));";
    const folder = await migrationFolder({ [version]: `${choice}\n${insert}` });
    expect(await apply(options([database], folder)).result).toMatchObject({ done: 4 });
    expect(await database.query("SELECT version FROM sh0001.applied")).toEqual([
      { version: level },
    ]);
  });

  it("has the places of its errors where they are", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    const folder = await migrationFolder({
      [version]: "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n\nSELECT nowhere;",
    });
    const { failed } = await apply(options([database], folder)).result;
    expect(failed[0]?.error).toMatchObject({ where: { line: 3, column: 8 } });
  });

  it("runs in the level of its database, if that has another default, and only once", async () => {
    const [database] = await databases();
    if (database === undefined) {
      throw new Error("There is no node.");
    }
    await database.query(
      `ALTER DATABASE ${database.name} SET default_transaction_isolation TO 'serializable'`,
    );
    const insert = "INSERT INTO applied VALUES (current_setting('transaction_isolation'));";
    const folder = await migrationFolder({ [version]: insert });
    expect(await apply(options([database], folder)).result).toMatchObject({ done: 4 });
    expect(await database.query("SELECT version FROM sh0004.applied")).toEqual([
      { version: "serializable" },
    ]);
  });
});
