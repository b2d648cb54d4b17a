import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

describe("what PostgreSQL 18 brings", () => {
  it("may be in a file: virtual columns, NOT ENFORCED, uuidv7, MERGE … RETURNING, OLD and NEW", async (context) => {
    context.skip(cluster().node.major < 18, "needs PostgreSQL 18");
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": `CREATE TABLE t(id uuid DEFAULT uuidv7() PRIMARY KEY, n int,
          twice int GENERATED ALWAYS AS (n * 2) VIRTUAL,
          CONSTRAINT small CHECK (n < 10) NOT ENFORCED);
        INSERT INTO t(n) VALUES (50);
        MERGE INTO t USING (VALUES (50), (7)) s(n) ON t.n = s.n
          WHEN MATCHED THEN UPDATE SET n = 51
          WHEN NOT MATCHED THEN INSERT (n) VALUES (s.n)
          RETURNING merge_action(), t.n;
        UPDATE t SET n = 52 WHERE n = 51 RETURNING old.n AS before, new.n AS after \\gset
        CREATE TABLE changes AS SELECT :before AS before, :after AS after;`,
    });
    const { status, stderr } = await pgMig();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await database.query("SELECT n, twice FROM sh1.t ORDER BY n")).toEqual([
      { n: 7, twice: 14 },
      { n: 52, twice: 104 },
    ]);
    expect(await database.query("TABLE sh1.changes")).toEqual([{ before: 51, after: 52 }]);
  });
});
