import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

/** Shards that somebody made by hand. */
async function prepared() {
  const prepare = await scenario({ shards: ["sh0001", "sh0002", "sh0003", "sh0004"] });
  await prepare.migrations({
    "1.users.sh": "CREATE TABLE users (id int);",
    "2.note.sh": "ALTER TABLE users ADD note text;",
  });
  const { database } = prepare;
  await database.query("CREATE TABLE sh0001.users (id int)");
  for (const shard of ["sh0002", "sh0003"]) {
    await database.query(`CREATE TABLE ${shard}.users (id int, note text)`);
  }
  await database.query("CREATE INDEX stray ON sh0003.users (id)");
  const scratch = `--scratch=${cluster().node.url}`;
  return { ...prepare, adopt: (...args: string[]) => prepare.pgMig(["adopt", scratch, ...args]) };
}

describe("pg-mig adopt", () => {
  it("tells which shard is at which version, and writes the ledgers that fit", async () => {
    const { adopt, pgMig, ledger, database } = await prepared();
    const { host, port, name } = database;
    const told = (gets: string) => `\
1.users.sh fits 127.0.0.1:sh0001
2.note.sh fits 127.0.0.1:sh0002
127.0.0.1:sh0003 fits no version; the nearest is 2.note.sh.
  index stray extra there
    found:    CREATE INDEX stray ON <shard>.users USING btree (id)
Make such shards fit and run this again, or insist, with --only and --as.
Nodes: ${host}:${port}/${name}
4 shards without a ledger: 2 ${gets} one; empty, needs none: 1; fits no version, or several: 1.
`;
    expect(await adopt("--dry")).toEqual({ status: 2, stdout: told("would get"), stderr: "" });
    await expect(ledger("sh0001")).rejects.toThrow("does not exist");
    expect(await adopt()).toEqual({ status: 2, stdout: told("got"), stderr: "" });
    expect(await ledger("sh0001")).toEqual(["1.users.sh"]);
    const insisted = await adopt("--only=shard=sh0003", "--as=2.note.sh.up.sql", "--json");
    expect(insisted.status).toBe(0);
    expect(JSON.parse(insisted.stdout)).toMatchObject({
      ...{ type: "adoption", outcome: "ok", shards: 1 },
      adopted: [{ version: "2.note.sh", by: "insisted", shards: [{ shard: "sh0003" }] }],
    });
    expect((await pgMig()).status).toBe(0);
    expect(await ledger("sh0001")).toEqual(["1.users.sh", "2.note.sh"]);
    expect(await adopt("--quiet")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("refuses to insist without shards", async () => {
    const { adopt } = await prepared();
    const { status, stderr } = await adopt("--as=1.users.sh");
    expect(status).toBe(1);
    expect(stderr).toContain("Name the shards with --only: shard=NAME.");
  });
});
