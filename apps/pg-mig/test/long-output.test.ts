import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

const shards = Array.from({ length: 10 }, (_, i) => `sh${i}`);

describe("a server that says a lot", () => {
  // golang-migrate/migrate#1064, flyway/flyway#2551
  it("does not flood the screen with warnings that differ: most of them are counted", async () => {
    const { migrations, pgMig } = await scenario({ shards });
    await migrations({
      "1.a.sh":
        "DO $$ BEGIN FOR i IN 1..900 LOOP RAISE WARNING 'row % is odd', i; END LOOP; END $$;",
    });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toContain("row 1 is odd (10 times)");
    expect(stdout).toContain("… and 880 more");
    expect(`${stdout}${stderr}`.split("\n").length).toBeLessThan(80);
  });

  it("is not kept beyond 10,000 warnings: the others are counted, on the screen and in the report", async () => {
    const { migrations, pgMig } = await scenario({ shards });
    await migrations({
      "1.a.sh":
        "DO $$ BEGIN FOR i IN 1..1200 LOOP RAISE WARNING 'row % is odd', i; END LOOP; END $$;",
    });
    const { status, stdout, stderr } = await pgMig(["--report=report.json"]);
    expect(status).toBe(0);
    expect(stdout).toContain("… and 2,000 warnings not kept");
    expect(`${stdout}${stderr}`.split("\n").length).toBeLessThan(80);
  });

  it("is not repeated at all if what it says are notices", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards });
    await migrations({
      "1.a.sh":
        "DO $$ BEGIN FOR i IN 1..5000 LOOP RAISE NOTICE 'row % is done', i; END LOOP; END $$;",
    });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(`${stdout}${stderr}`).not.toContain("is done");
    expect(await ledger("sh9")).toEqual(["1.a.sh"]);
  });

  it("does not get escape codes to the terminal, but has them made visible", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.a.sh1":
        "DO $$ BEGIN RAISE WARNING E'\\033[31mred\\007 and \\r\\033]0;title\\007'; END $$;",
      "1.b.sh2": "DO $$ BEGIN RAISE EXCEPTION E'\\033[2Jgone'; END $$;",
    });
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = await pgMig(args);
      expect(`${stdout}${stderr}`).toContain("gone");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come.
      expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    }
  });
});

describe("a long chain of one shard", () => {
  // What may leave something in its session, as a function can that SELECT calls, is cleaned up after.
  it.each([
    [
      "two messages for each step that leaves nothing in its session",
      2,
      "CREATE TABLE IF NOT EXISTS t();",
    ],
    ["four messages for each step that may", 4, "SELECT 1;"],
  ])("takes %s, however long it is", async (_, each, text) => {
    const { database, migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    const names = Array.from({ length: 150 }, (_, i) => `${1000 + i}.a.sh`);
    await migrations(Object.fromEntries(names.map((name) => [name, text])));
    await database.query(`ALTER DATABASE ${database.name} SET log_statement TO 'all'`);
    const { status, stdout } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toContain("150 of 150 steps applied");
    expect(await ledger("sh1")).toEqual(names);
    // The server logs a message once, however many statements it holds.
    const messages = (await cluster().node.log()).split(`] ${database.name} LOG:  statement: `);
    expect(messages.length).toBeGreaterThan(2 * names.length);
    expect(messages.length).toBeLessThan(each * names.length + 50);
  });
});
