import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { programMajor } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const major = programMajor("pg_dump");
const wanted = Number(process.env.PG_MIG_TEST_MAJOR ?? 18);

// pg_dump reads no server that is newer than itself.
const { scenario } = scenarios({
  nodes: 1,
  servers: "own",
  major: Math.min(wanted, major ?? wanted),
});

async function fleet() {
  const prepare = await scenario({ shards: ["sh0001", "sh0002"] });
  await prepare.migrations({
    "1.users.sh":
      "CREATE TABLE users (id serial PRIMARY KEY, name text); COMMENT ON TABLE users IS 'people';",
    "2.index.sh":
      "CREATE INDEX users_name ON users (name); CREATE VIEW names AS SELECT name FROM users;",
  });
  await prepare.pgMig();
  return prepare;
}

describe("a new shard", () => {
  it("comes to the version of the fleet by a run of its own, and drift accepts it", async () => {
    const { pgMig, database, ledger } = await fleet();
    await database.query("CREATE SCHEMA sh0003");
    expect((await pgMig(["--only=shard=sh0003"])).status).toBe(0);
    expect(await ledger("sh0003")).toEqual(["1.users.sh", "2.index.sh"]);
    expect(await pgMig(["drift"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("3 shards compared: no differences."),
    });
  });

  it.skipIf(major === undefined)(
    "can be made of a dump as the page says, and drift finds what that changes",
    async () => {
      const { pgMig, database, ledger } = await fleet();
      const copy = (shard: string) => {
        const dump = `pg_dump --schema-only --schema=sh0001 "$URL" | sed 's/\\bsh0001\\b/${shard}/g'`;
        const command = `${dump} | psql -X -q -1 -v ON_ERROR_STOP=1 "$URL"`;
        const env = { PATH: process.env.PATH, URL: database.url };
        return spawnSync("sh", ["-c", command], { env, encoding: "utf8" });
      };
      expect(copy("sh0003")).toMatchObject({ status: 0, stderr: "" });
      expect(await ledger("sh0003")).toEqual(["1.users.sh", "2.index.sh"]);
      expect((await pgMig(["drift"])).status).toBe(0);
      await database.query("COMMENT ON TABLE sh0001.users IS 'people of sh0001-a'");
      await database.query("COMMENT ON TABLE sh0002.users IS 'people of sh0001-a'");
      await database.query("COMMENT ON TABLE sh0003.users IS 'people of sh0001-a'");
      copy("sh0004");
      const { status, stdout } = await pgMig(["drift"]);
      expect(status).toBe(2);
      expect(stdout).toContain("comment table users");
    },
  );
});
