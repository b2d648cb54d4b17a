import { readFile } from "node:fs/promises";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { quote, type Scenario, scenarios } from "./scenario.js";

const page = new URL("../../../docs/least-privilege.md", import.meta.url);

const files = {
  "1.a.sh": "CREATE TABLE t(id int PRIMARY KEY); INSERT INTO t VALUES (1);",
  "1.a.sh.dn.sql": "DROP TABLE t;",
  "2.b.sh": "ALTER TABLE t ADD COLUMN n int;",
  "2.b.sh.dn.sql": "ALTER TABLE t DROP COLUMN n;",
  "before.sql": "SELECT 1;",
};

/** The statements of the page, for another database. */
async function grantsOfPage({ name }: TestDatabase): Promise<string> {
  const [, sql = ""] = /```sql\n([^`]+)```/.exec(await readFile(page, "utf8")) ?? [];
  expect(sql).toContain("ON DATABASE app ");
  return sql.replace("ON DATABASE app ", `ON DATABASE ${quote(name)} `);
}

/** The URL of a database, as its migrating role enters it. */
function migratorUrl(database: TestDatabase): string {
  const url = new URL(database.url);
  url.username = "migrator";
  url.password = "change-me";
  return url.href;
}

/** Databases and shards of the role `app`, where nobody else may do anything but by the page. */
async function guardedFleet(scenario: (given: object) => Promise<Scenario>) {
  const fleet = await scenario({});
  for (const database of fleet.databases) {
    const name = quote(database.name);
    await database.query("CREATE ROLE app");
    onTestFinished(async () => {
      await database.query(
        "DROP OWNED BY migrator CASCADE; DROP OWNED BY app CASCADE; DROP ROLE app, migrator",
      );
    });
    await database.query(
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
      GRANT CREATE ON DATABASE ${name} TO app;
      CREATE SCHEMA sh0001 AUTHORIZATION app; CREATE SCHEMA sh0002 AUTHORIZATION app`,
    );
    await database.query(await grantsOfPage(database));
  }
  await fleet.migrations(files);
  const hosts = `--hosts=${fleet.databases.map(migratorUrl).join(",")}`;
  return { ...fleet, asMigrator: (...args: string[]) => fleet.pgMig([hosts, ...args]) };
}

/** All that pg-mig could have changed. */
async function stateOf({ databases, column }: Pick<Scenario, "databases" | "column">) {
  const sql = `SELECT n.nspname || '.' || p.proname || p.prosrc FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname LIKE 'mig\\_%'
    UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE relname = 't'`;
  return Promise.all(databases.map((database) => column(sql, database)));
}

const allMajors = [14, 15, 16, 17, 18];

describe.each(allMajors)("the rights of docs/least-privilege.md, on PostgreSQL %i", (major) => {
  const { scenario } = scenarios({ nodes: 1, servers: "own", major });

  it("are all it takes to apply, list, compare and undo, also for a shard that is new", async () => {
    const { asMigrator, database, ledger } = await guardedFleet(scenario);
    const expectDone = async (...args: string[]) => {
      const { status, stdout, stderr } = await asMigrator(...args);
      expect({ args, status, stdout, stderr }).toMatchObject({ status: 0 });
    };
    for (const args of [
      [],
      ["--list=db"],
      ["status"],
      ["drift"],
      ["--undo=2.b.sh"],
      ["--dry"],
      [],
    ]) {
      await expectDone(...args);
    }
    await database.query("SET ROLE app; CREATE SCHEMA sh0003");
    await expectDone();
    for (const shard of ["sh0001", "sh0002", "sh0003"]) {
      expect(await ledger(shard)).toEqual(["1.a.sh", "2.b.sh"]);
    }
    const [role] = await database.query(
      "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'migrator'",
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false });
    // To read takes less.
    await database.query("REVOKE ALL ON SCHEMA public, sh0001, sh0002, sh0003 FROM migrator");
    for (const args of [[], ["--dry"], ["status"], ["drift"]]) {
      await expectDone(...args);
    }
  });
});

describe("files that take the role of the owner, as docs/least-privilege.md says", () => {
  const { scenario } = scenarios({ nodes: 1 });

  it("make what belongs to it, on the shards and on a scratch database", async () => {
    const { asMigrator, database, migrations, column } = await guardedFleet(scenario);
    await database.query("GRANT app TO migrator; ALTER ROLE migrator CREATEDB");
    await migrations({
      "1.a.sh": "SET ROLE app; CREATE TABLE t(id int PRIMARY KEY); INSERT INTO t VALUES (1);",
      "1.a.sh.dn.sql": "SET ROLE app; DROP TABLE t;",
      "3.c.public": "SET ROLE app; CREATE SCHEMA other; CREATE TABLE u();",
      "3.c.public.dn.sql": "SET ROLE app; DROP SCHEMA other; DROP TABLE u;",
    });
    await database.query("GRANT CREATE, USAGE ON SCHEMA public TO app");
    expect(await asMigrator()).toMatchObject({ status: 0 });
    expect(
      await column("SELECT DISTINCT tableowner FROM pg_tables WHERE tablename IN ('t', 'u')"),
    ).toEqual(["app"]);
    const scratch = `--scratch=${migratorUrl(database)}`;
    for (const args of [
      ["rehearse", "1.a.sh", "3.c.public", scratch],
      ["drift", "--against=files", scratch],
    ]) {
      expect({ args, ...(await asMigrator(...args)) }).toMatchObject({ args, status: 0 });
    }
  });
});

describe("a run", () => {
  const { scenario } = scenarios({ nodes: 2 });

  it.each([
    ["CONNECT ON DATABASE %", "migrator"],
    ["USAGE ON SCHEMA public", "migrator"],
    ["CREATE ON SCHEMA public", "migrator"],
    ["USAGE ON SCHEMA sh0002", "migrator"],
    ["CREATE ON SCHEMA sh0002", "migrator"],
    ["USAGE ON LANGUAGE sql", "PUBLIC"],
    ["EXECUTE ON FUNCTION pg_catalog.pg_control_system", "PUBLIC"],
  ])("names the right that its role lacks, before anything changes: %s", async (right, from) => {
    const fleet = await guardedFleet(scenario);
    const [, second] = fleet.databases;
    if (second === undefined) {
      throw new Error("There is no second node.");
    }
    const missing = right.replace("%", quote(second.name));
    await second.query(`REVOKE ${missing} FROM ${from}`);
    if (from === "PUBLIC") {
      onTestFinished(async () => void (await second.query(`GRANT ${missing} TO PUBLIC`)));
    }
    const before = await stateOf(fleet);
    const { status, stderr } = await fleet.asMigrator();
    expect(status).toBe(1);
    const [, kind = "", object = ""] = / ON (\w+) (\S+)/.exec(missing) ?? [];
    expect(stderr).toMatch(/user "?migrator"?/i);
    expect(stderr).toContain(`127.0.0.1:${second.port}`);
    const [given = ""] =
      new RegExp(`GRANT [A-Z, ]+ ON ${kind} ${object} TO "?migrator"?;`).exec(stderr) ?? [];
    expect({ stderr, given }).toMatchObject({ given: expect.stringContaining("GRANT") });
    expect(await stateOf(fleet)).toEqual(before);
    // The statement of the hint is all that it takes.
    await second.query(given);
    expect(await fleet.asMigrator()).toMatchObject({ status: 0 });
  });

  it("asks about the role that its sessions begin with, which need not be the one that logs in", async () => {
    const fleet = await guardedFleet(scenario);
    await fleet.database.query("ALTER ROLE migrator NOINHERIT; GRANT app TO migrator");
    await fleet.database.query("ALTER ROLE migrator SET role = app");
    for (const args of [["--dry"], []]) {
      const { status, stderr } = await fleet.asMigrator(...args);
      expect({ args, status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /User "app" lacks USAGE, CREATE on the schema public .*\n.*GRANT USAGE, CREATE ON SCHEMA public TO app;/,
        ),
      });
    }
    for (const database of fleet.databases) {
      await database.query("GRANT USAGE, CREATE ON SCHEMA public TO app");
    }
    expect(await fleet.asMigrator()).toMatchObject({ status: 0 });
    expect(
      await fleet.column(
        "SELECT DISTINCT proowner::regrole::text FROM pg_proc WHERE proname ~ '^mig_.*_const$'",
      ),
    ).toEqual(["app"]);
  });

  it("names the nodes whose transactions are read-only, before anything changes", async () => {
    const fleet = await guardedFleet(scenario);
    for (const database of fleet.databases) {
      await database.query(
        `ALTER ROLE migrator IN DATABASE ${quote(database.name)} SET default_transaction_read_only = on`,
      );
    }
    for (const args of [["--dry"], []]) {
      const { status, stderr } = await fleet.asMigrator(...args);
      expect({ args, status }).toEqual({ args, status: 1 });
      for (const { port } of fleet.databases) {
        expect(stderr).toContain(
          `Transactions of user "migrator" are read-only on 127.0.0.1:${port}.`,
        );
      }
      expect(stderr).toContain("default_transaction_read_only is on there (source: database user)");
    }
    const env = { PGOPTIONS: "-c default_transaction_read_only=off" };
    const hosts = `--hosts=${fleet.databases.map(migratorUrl).join(",")}`;
    expect(await fleet.pgMig([hosts], { env })).toMatchObject({ status: 0 });
  });
});
