import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("several runs at once", () => {
  it("apply every version once between them, and all succeed", async () => {
    const shards = ["sh1", "sh2", "sh3", "sh4", "sh5"];
    const { migrations, pgMig, ledger, column, databases } = await scenario({ shards });
    const names = Array.from({ length: 5 }, (_, i) => `2024010100000${i}.count.sh`);
    await migrations({
      "1.log.sh": "CREATE TABLE log(version text);",
      ...Object.fromEntries(names.map((name) => [name, `INSERT INTO log VALUES ('${name}');`])),
    });
    const runs = await Promise.all([pgMig(), pgMig(), pgMig()]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
    for (const database of databases) {
      for (const shard of shards) {
        const rows = await column(`SELECT version FROM ${shard}.log ORDER BY 1`, database);
        expect(rows, `rows of ${shard}`).toEqual(names);
        expect(await ledger(shard, database), `ledger of ${shard}`).toEqual(["1.log.sh", ...names]);
      }
    }
  });
});
