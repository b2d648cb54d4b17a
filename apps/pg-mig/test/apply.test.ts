import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

describe("pg-mig", () => {
  it("applies the versions on disk to the shards of every node, and then finds nothing to do", async () => {
    const { migrations, pgMig, ledger, databases } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "20240101000000.users.sh": "CREATE TABLE users(id int);",
      "20240102000000.email.sh": "ALTER TABLE users ADD COLUMN email text;",
    });
    const first = await pgMig();
    expect(first).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Done: 8 of 8 steps applied"),
    });
    for (const database of databases) {
      for (const shard of ["sh1", "sh2"]) {
        expect(await ledger(shard, database)).toEqual([
          "20240101000000.users.sh",
          "20240102000000.email.sh",
        ]);
        await database.query(`SELECT id, email FROM ${shard}.users`);
      }
    }
    const second = await pgMig();
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do.") });
  });

  it("gives a shard the versions of the longest prefix that fits, and no others", async () => {
    const { migrations, pgMig, ledger, column } = await scenario({
      shards: ["sh0000", "sh0000old1", "sh0001", "sh0001old12", "sharding", "sh"],
    });
    await migrations({
      "1.any.sh": "CREATE TABLE t1();",
      "2.one.sh0000": "CREATE TABLE t2();",
      "3.all.public": "CREATE TABLE t3();",
    });
    expect((await pgMig()).status).toBe(0);
    expect(await ledger("sh0000")).toEqual(["2.one.sh0000"]);
    expect(await ledger("sh0000old1")).toEqual(["2.one.sh0000"]);
    expect(await ledger("sh0001")).toEqual(["1.any.sh"]);
    expect(await ledger("sh0001old12")).toEqual(["1.any.sh"]);
    expect(await ledger("sh")).toEqual(["1.any.sh"]);
    expect(await ledger("public")).toEqual(["3.all.public"]);
    expect(await column("SELECT to_regclass('sharding.t1')")).toEqual([null]);
    expect(
      await column("SELECT 1 FROM pg_proc WHERE pronamespace = 'sharding'::regnamespace"),
    ).toEqual([]);
  });

  it("passes over the schemas of PostgreSQL and debug_*", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["debug_1", "debug"] });
    await migrations({
      "1.a.debug_": "CREATE TABLE t();",
      "2.b.debug": "CREATE TABLE t();",
      "3.c.information_schema": "CREATE TABLE t();",
      "4.d.pg_catalog": "CREATE TABLE t();",
    });
    const { status, stdout } = await pgMig();
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Done: 2 of 2 steps applied"),
    });
    const schemas =
      "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname = 't'";
    expect(await column(schemas)).toEqual(["debug"]);
  });
});
