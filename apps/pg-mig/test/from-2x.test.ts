import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const versions = { "1.a.sh": "CREATE TABLE a();", "2.b.sh": "CREATE TABLE b();" };

describe("options as pg-mig 2.x takes them", () => {
  it("say yes and no of an option in every form, and the last one counts", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations(versions);
    for (const args of [["--dry=true"], ["--no-dry", "--dry"], ["--dry=1", "--force=false"]]) {
      const { status, stdout } = await pgMig(args);
      expect(status).toBe(0);
      expect(stdout).toContain("Would apply");
    }
    expect(await column("SELECT to_regclass('sh1.a')")).toEqual([null]);
    const { status } = await pgMig(["--dry", "--no-dry", "--skip-config=true", "--force="]);
    expect(status).toBe(0);
    expect(await column("SELECT to_regclass('sh1.b') IS NOT NULL")).toEqual([true]);
  });

  it("refuses another word, and says which there are", async () => {
    const { pgMig } = await scenario();
    const { status, stderr } = await pgMig(["--createdb=perhaps"]);
    expect(status).toBe(1);
    expect(stderr).toContain("--createdb");
  });

  it.each([
    [["--createdb=false"], "1"],
    [["--no-createdb"], "yes"],
    [[], "FALSE"],
    [[], "No"],
  ])("makes no database with %j and PGCREATEDB=%s", async (args, PGCREATEDB) => {
    const { migrations, pgMig, databases } = await scenario();
    await migrations(versions);
    const missing = databases.map(({ url }) => url.replace(/\/[^/]*$/, "/missing")).join(",");
    const { status, stderr } = await pgMig([`--hosts=${missing}`, ...args], {
      env: { PGCREATEDB },
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`There is no database "missing"`);
  });

  it("take an empty value, as of a variable that is not set, for none", async () => {
    const { migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations(versions);
    const { status } = await pgMig([
      "--hosts=",
      "--port=",
      "--user",
      "",
      "--parallelism=",
      "--wait=",
    ]);
    expect(status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("refuse a target with two prefixes, and make nothing", async () => {
    const { pgMig, folder } = await scenario();
    const { status, stderr } = await pgMig(["--make=a@sh@z"]);
    expect(status).toBe(1);
    expect(stderr).toContain('Expected the new version to be title@prefix, got "a@sh@z".');
    expect(await readdir(join(folder, "mig"))).toEqual([]);
  });

  it("go with a config function that returns nothing", async () => {
    const { migrations, pgMig, write } = await scenario({ shards: ["sh1"] });
    await migrations(versions);
    await write("pg-mig.config.js", "module.exports = async (action) => {};");
    expect((await pgMig()).status).toBe(0);
  });
});

describe("--list=db", () => {
  it("prints the versions of each shard, those that have the same together", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1", "sh2", "sh3"] });
    await migrations({ "1.a.sh": versions["1.a.sh"] });
    expect((await pgMig()).status).toBe(0);
    await migrations(versions);
    expect((await pgMig(["--only=shard=sh1"])).status).toBe(0);
    await databases[0]?.query("CREATE SCHEMA sh9; CREATE SCHEMA other");
    const { status, stdout } = await pgMig(["--list=db"]);
    expect(status).toBe(0);
    expect(stdout.replace(/[\w.:/]+(?=:sh)/g, "N")).toBe(
      "N:sh1; N:sh1:\n  1.a.sh\n  2.b.sh\nN:sh2-3; N:sh2-3:\n  1.a.sh\nN:sh9:\n  no versions\n",
    );
    const json = (await pgMig(["--list=db", "--json"])).stdout.trim().split("\n");
    expect(json.map((line) => JSON.parse(line))).toMatchObject([
      {
        type: "applied",
        versions: ["1.a.sh", "2.b.sh"],
        shards: [{ shard: "sh1" }, { shard: "sh1" }],
      },
      { type: "applied", versions: ["1.a.sh"] },
      { type: "applied", versions: [], shards: [{ shard: "sh9" }] },
    ]);
  });

  it("tells its notes, and with --quiet none", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1"] });
    await migrations(versions);
    const url = databases[0]?.url ?? "";
    const args = ["--list=db", `--hosts=${url},${url.replace("127.0.0.1", "localhost")}`];
    expect((await pgMig(args)).stderr).toContain("is used once.");
    expect((await pgMig([...args, "--quiet"])).stderr).toBe("");
  });

  it("shows the shards that count alone, as validShardSchemasSql of a config file says", async () => {
    const { migrations, pgMig, write, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations(versions);
    await write(
      "pg-mig.config.js",
      `module.exports = { validShardSchemasSql: "SELECT nspname FROM pg_namespace WHERE nspname = 'sh2'" };`,
    );
    const applied = await pgMig();
    expect(applied.status).toBe(0);
    expect(applied.stderr + applied.stdout).toContain("Left out by validShardSchemasSql:");
    expect(await column("SELECT to_regclass('sh1.a')")).toEqual([null]);
    const { stdout } = await pgMig(["--list=db", "--json"]);
    expect(JSON.parse(stdout).shards).toMatchObject([{ shard: "sh2" }, { shard: "sh2" }]);
  });
});
