import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { majorToDump, programMajor } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const major = programMajor("pg_dump");
const { scenario, cluster } = scenarios({ nodes: 1, servers: "own", major: majorToDump(major) });

/** What a loop has made of a shard. */
const shardSql = (shard: string) => `
  CREATE SCHEMA ${shard};
  SET search_path TO ${shard};
  CREATE TYPE mood AS ENUM ('ok', 'bad');
  CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, mood mood DEFAULT 'ok');
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint REFERENCES users,
    total numeric DEFAULT 0 CHECK (total >= 0)
  );
  CREATE INDEX orders_user ON orders (user_id);
  CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TRIGGER touched AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
  COMMENT ON TABLE users IS 'people';`;

describe("shards that a script has made", () => {
  it.skipIf(major === undefined)(
    "get their ledgers from a version that is made of a dump as the page says",
    async () => {
      const { pgMig, database, folder, ledger } = await scenario();
      for (const shard of ["sh0001", "sh0002", "sh0003"]) {
        await database.query(shardSql(shard));
      }
      await database.query("CREATE INDEX stray ON sh0003.users (mood)");
      const page = join(import.meta.dirname, "../../../docs/from-existing-shards.md");
      const [command = ""] = /^pg_dump [\s\S]*?> "\$UP"$/m.exec(await readFile(page, "utf8")) ?? [];
      const made = await pgMig(["make", "initial@sh"]);
      const [up = ""] = made.stdout.split("\n").filter((line) => line.endsWith(".up.sql"));
      const version = up.slice(up.indexOf("/") + 1).replace(".up.sql", "");
      const env = { PATH: process.env.PATH, URL: database.url, UP: up };
      const dumped = spawnSync("sh", ["-c", command], { env, cwd: folder, encoding: "utf8" });
      expect(dumped).toMatchObject({ status: 0, stderr: "" });

      const tooEarly = await pgMig();
      expect(tooEarly).toMatchObject({ status: 1 });
      expect(tooEarly.stdout).toContain("run pg-mig adopt first.");

      const scratch = `--scratch=${cluster().node.url}`;
      const adopted = await pgMig(["adopt", scratch]);
      expect(adopted).toMatchObject({ status: 2 });
      expect(adopted.stdout).toMatch(/sh0003 fits no version.*\n {2}index stray extra there\n/);
      for (const shard of ["sh0001", "sh0002"]) {
        expect(await ledger(shard)).toEqual([version]);
      }
      await database.query("DROP INDEX sh0003.stray; CREATE SCHEMA sh0004");
      expect((await pgMig(["adopt", scratch])).status).toBe(0);
      expect((await pgMig()).stdout).toContain("Done: 1 of 1 step applied");
      expect((await pgMig(["drift"])).stdout).toContain("4 shards compared: no differences.");
    },
  );
});
