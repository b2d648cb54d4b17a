import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("a run whose reader goes away", () => {
  it.each(["stdout", "stderr"] as const)("is done to its end all the same: %s", async (stream) => {
    const { migrations, start, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
    const run = start();
    run.close(stream);
    expect((await run.result).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
  });
});
