import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("pg-mig history", () => {
  it("tells of each version on how many shards it is, and when it came there", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1", "sh2"] });
    expect((await pgMig(["history"])).stdout).toContain("No version is applied.");
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
    await pgMig();
    // As pg-mig 2.x writes it: without a time.
    await databases[0]?.query(
      `CREATE OR REPLACE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT '["1.a.sh"]'; $$`,
    );
    const today = new Date().toISOString().slice(0, 11);
    const { status, stdout } = await pgMig(["history", "--json"]);
    expect(status).toBe(0);
    const time = expect.stringContaining(today.slice(0, 10));
    expect(JSON.parse(stdout)).toEqual({
      type: "history",
      addresses: [expect.any(String), expect.any(String)],
      versions: [
        { version: "1.a.sh", shards: 4, firstAt: time, lastAt: time, withoutTime: 1 },
        { version: "2.b.sh", shards: 3, firstAt: time, lastAt: time, withoutTime: 0 },
      ],
    });
    const text = (await pgMig(["history"])).stdout;
    expect(text).toMatch(
      /^1\.a\.sh {2}4 shards {2}[-\d]{10} \d\d:\d\d.* UTC, and without a time on 1$/m,
    );
    expect(text).toMatch(/^2\.b\.sh {2}3 shards {2}[-\d]{10} \d\d:\d\d.* UTC$/m);
    expect(text).toMatch(/^Nodes: /m);
  });
});
