import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const [first, second] = ["20240101000000.users.sh", "20240102000000.email.sh"];

async function applied() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    [first]: "CREATE TABLE users(id int);",
    [`${first}.dn.sql`]: "DROP TABLE users;",
    [second]: "ALTER TABLE users ADD COLUMN email text;",
    [`${second}.dn.sql`]: "ALTER TABLE users DROP COLUMN email;",
  });
  expect((await prepared.pgMig()).status).toBe(0);
  return prepared;
}

describe("pg-mig --undo", () => {
  it("runs the dn file and takes the entry from the ledger, on every shard, in one transaction", async () => {
    const { pgMig, ledger, column, databases } = await applied();
    expect(await pgMig([`--undo=${second}`])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("4 of 4 steps undone"),
    });
    for (const database of databases) {
      expect(await ledger("sh2", database)).toEqual([first]);
      const columns =
        "SELECT attname FROM pg_attribute WHERE attrelid = 'sh2.users'::regclass AND attnum > 0 AND NOT attisdropped";
      expect(await column(columns, database)).toEqual(["id"]);
      expect(await column("SELECT mig_digest_const()", database)).toEqual(["after-undo"]);
    }
    expect((await pgMig(["--undo", first])).status).toBe(0);
    expect(await ledger("sh1")).toEqual([]);
  });

  it("takes the name of a file, and its path as a shell completes it", async () => {
    const { pgMig, ledger } = await applied();
    expect((await pgMig([`--undo=${second}.up.sql`])).status).toBe(0);
    expect((await pgMig([`--undo=mig/${first}.dn.sql`])).status).toBe(0);
    expect(await ledger("sh1")).toEqual([]);
  });

  it("refuses a version that others come after, and changes nothing anywhere", async () => {
    const { pgMig, ledger, databases, column } = await applied();
    const { status, stderr } = await pgMig([`--undo=${first}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${second} comes after it`);
    for (const database of databases) {
      expect(await ledger("sh1", database)).toEqual([first, second]);
      expect(await column("SELECT mig_digest_const()", database)).not.toEqual(["before-undo"]);
    }
  });

  it("passes over shards where the version was never applied", async () => {
    const { pgMig, ledger, database } = await applied();
    await database.query("CREATE SCHEMA sh3");
    expect((await pgMig([`--undo=${second}`])).status).toBe(0);
    expect(await ledger("sh1")).toEqual([first]);
    expect((await pgMig([`--undo=${second}`])).stdout).toContain("Nothing to do.");
  });

  it("leaves the digest at before-undo where a dn file fails, and finishes the next time", async () => {
    const { pgMig, ledger, column, migrations, databases } = await applied();
    const [, secondNode] = databases;
    await migrations({ [`${second}.dn.sql`]: "SELECT 1/0;" });
    const failed = await pgMig([`--undo=${second}`]);
    expect(failed).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("division by zero"),
    });
    expect(await ledger("sh1")).toEqual([first, second]);
    expect(await column("SELECT mig_digest_const()", secondNode)).toEqual(["before-undo"]);
    await migrations({ [`${second}.dn.sql`]: "ALTER TABLE users DROP COLUMN email;" });
    expect((await pgMig([`--undo=${second}`])).status).toBe(0);
    expect(await ledger("sh1")).toEqual([first]);
  });

  it("runs before.sql and after.sql around it", async () => {
    const { pgMig, migrations, column, database } = await applied();
    await database.query("CREATE TABLE log(file text)");
    await (await applied()).pgMig();
    await migrations({
      "before.sql": "CREATE TABLE IF NOT EXISTS log(file text); INSERT INTO log VALUES ('before');",
      "after.sql": "INSERT INTO log VALUES ('after');",
    });
    expect((await pgMig([`--undo=${second}`])).status).toBe(0);
    expect(await column("SELECT file FROM log")).toEqual(["before", "after"]);
  });

  it("names the version that was probably meant", async () => {
    const { pgMig } = await applied();
    const { status, stderr } = await pgMig(["undo", second.replace(".sh", "s.sh")]);
    expect(status).toBe(1);
    expect(stderr).toContain(`Did you mean ${second}?`);
  });

  it("prints the latest versions, and fails, where none is named", async () => {
    const { pgMig } = await applied();
    for (const args of [["--undo="], ["--dry", "--undo"], ["undo", "--run="]]) {
      const { status, stderr } = await pgMig(args);
      expect(status).toBe(1);
      expect(stderr).toContain(`${second} is the latest of 4 shards`);
    }
  });
});
