import { describe, expect, it, onTestFinished } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const nothingChanged = "SELECT 1 FROM pg_proc WHERE proname = 'mig_rerun_fingerprint_const'";

/** Stores the text of a ledger. */
const ledgerSql = (shard: string, stored: string) =>
  `CREATE FUNCTION ${shard}.mig_versions_const() RETURNS text LANGUAGE sql AS $l$${stored}$l$`;

/** An ordinary role, and the hosts as it logs in. */
async function ordinaryRole({ databases }: Pick<Scenario, "databases">) {
  for (const database of databases) {
    await database.query("CREATE ROLE weak LOGIN PASSWORD 'weak'; CREATE ROLE strong");
    onTestFinished(async () => {
      await database.query("DROP OWNED BY weak, strong CASCADE; DROP ROLE weak, strong");
    });
  }
  const hosts = databases.map(({ url }) => {
    const changed = new URL(url);
    changed.username = "weak";
    changed.password = "weak";
    return changed.href;
  });
  return `--hosts=${hosts.join(",")}`;
}

describe("a ledger", () => {
  it("that cannot be read is named with its node and shard, where several nodes have such a shard", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    await databases[1]?.query(ledgerSql("sh2", "SELECT 'no list'"));
    for (const args of [[], ["--dry"], ["status"]]) {
      const { status, stderr } = await pgMig(args);
      expect(stderr).toContain(`On 127.0.0.1:${databases[1]?.port}: The ledger of shard "sh2"`);
      expect(status).toBe(1);
    }
    await databases[0]?.query(ledgerSql("sh1", "SELECT 'no list'"));
    const { stderr } = await pgMig();
    for (const { port } of databases) {
      expect(stderr).toContain(`- On 127.0.0.1:${port}: `);
    }
  });

  it("of 9 MB is read, and a name of a megabyte in it is not repeated whole", async () => {
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    const list = `'["' || repeat('x', 1000000) || '"' || repeat(',"${"y".repeat(50)}"', 160000) || ']'`;
    await database.query(`DO $do$ BEGIN
      EXECUTE 'CREATE FUNCTION sh1.mig_versions_const() RETURNS text LANGUAGE sql AS $l$ SELECT '''
        || ${list} || '''; $l$';
    END $do$`);
    const { status, stdout, stderr } = await pgMig();
    expect(stderr).toContain("Timeline violation");
    expect(stderr).toContain("… (1000000 characters)");
    expect(stderr.length + stdout.length).toBeLessThan(2000);
    expect(status).toBe(1);
  });

  it.each([
    ["a procedure", "CREATE PROCEDURE sh1.mig_versions_const() LANGUAGE sql AS $$ SELECT '[]'; $$"],
    [
      "a function that returns a set",
      "CREATE FUNCTION sh1.mig_versions_const() RETURNS SETOF text LANGUAGE sql AS $$ SELECT '[]'; $$",
    ],
    [
      "a function that returns character varying",
      "CREATE FUNCTION sh1.mig_versions_const() RETURNS varchar LANGUAGE sql AS $$ SELECT '[]'; $$",
    ],
    [
      "called without an argument",
      "CREATE FUNCTION sh1.mig_versions_const(a int DEFAULT 1) RETURNS text LANGUAGE sql AS $$ SELECT '[]'; $$",
    ],
  ])("that is %s is refused with what to do before anything is changed", async (words, sql) => {
    const { migrations, pgMig, databases, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    await databases[1]?.query(sql);
    for (const args of [["--dry"], []]) {
      const { status, stderr } = await pgMig(args);
      expect(stderr).toContain(words);
      expect(stderr).toContain(`sh1.mig_versions_const(`);
      expect(stderr).toContain(`of 127.0.0.1:${databases[1]?.port}`);
      expect(stderr).toContain("DROP ROUTINE sh1.mig_versions_const(");
      expect(status).toBe(1);
    }
    for (const database of databases) {
      expect(await column(nothingChanged, database)).toEqual([]);
    }
    await databases[1]?.query("DROP ROUTINE sh1.mig_versions_const");
    expect((await pgMig()).status).toBe(0);
  });
});

describe("a role that may not do all that a run needs", () => {
  it("is told of all schemas and functions on all nodes before anything is changed, and what helps", async () => {
    const { migrations, pgMig, databases, column } = await scenario({
      shards: ["sh1", "sh2", "sh3", "Other Sh"],
    });
    const hosts = await ordinaryRole({ databases });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    const [first, second] = databases;
    await first?.query(`GRANT CREATE ON SCHEMA public TO weak; GRANT USAGE ON SCHEMA sh1 TO weak;
      GRANT USAGE, CREATE ON SCHEMA sh2 TO strong; GRANT strong TO weak; ALTER SCHEMA sh3 OWNER TO weak`);
    await second?.query(`GRANT USAGE, CREATE ON SCHEMA sh1, sh2, sh3, public TO weak;
      ${ledgerSql("sh3", "SELECT '[]'")}; ALTER FUNCTION sh3.mig_versions_const() OWNER TO strong;
      CREATE FUNCTION public.mig_digest_const() RETURNS text LANGUAGE sql AS $$ SELECT '' $$;
      ALTER FUNCTION public.mig_digest_const() OWNER TO strong`);
    for (const args of [["--dry"], []]) {
      const { status, stderr } = await pgMig([hosts, ...args]);
      expect(stderr).toContain(
        `User "weak" lacks CREATE on the schema sh1 of 127.0.0.1:${first?.port}.`,
      );
      expect(stderr).toContain("GRANT USAGE, CREATE ON SCHEMA sh1 TO weak;");
      expect(stderr).toContain(
        `public.mig_digest_const(), sh3.mig_versions_const() of 127.0.0.1:${second?.port} belong to role "strong"`,
      );
      expect(stderr).toContain("ALTER FUNCTION public.mig_digest_const() OWNER TO weak;");
      expect(stderr).not.toMatch(/sh2|Other/);
      expect(status).toBe(1);
    }
    for (const database of databases) {
      expect(await column(nothingChanged, database)).toEqual([]);
    }

    await first?.query("GRANT USAGE, CREATE ON SCHEMA sh1 TO weak");
    // What comes with a membership is enough.
    await second?.query("GRANT strong TO weak");
    const { status, stdout } = await pgMig([hosts]);
    expect(stdout).toContain("Done: 6 of 6 steps applied");
    expect(status).toBe(0);
    // Where there is nothing to do, nothing is asked.
    await second?.query("REVOKE strong FROM weak");
    expect(await pgMig([hosts])).toMatchObject({ status: 0 });
  });
});

describe("ledgers of another role, in more shards than a statement names", () => {
  it("are all given to the role by one query that is told, and so are the rights", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `sh${index + 1}`);
    const { migrations, pgMig, database } = await scenario();
    const hosts = await ordinaryRole({ databases: [database] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    await database.query(names.map((name) => `CREATE SCHEMA ${name}`).join(";"));
    await database.query("GRANT USAGE, CREATE ON SCHEMA public TO weak");
    const lacking = await pgMig([hosts]);
    expect(lacking.stderr).toMatch(
      /GRANT USAGE, CREATE ON SCHEMA sh1, .* TO weak; The same for 10 more schemas: a loop over them is in docs\/least-privilege\.md\./,
    );
    for (const name of names) {
      await database.query(`GRANT USAGE, CREATE ON SCHEMA ${name} TO weak, strong;
        SET ROLE strong; ${ledgerSql(name, "SELECT '[]';")}; RESET ROLE`);
    }
    const { stderr } = await pgMig([hosts]);
    expect(stderr).toContain('belong to role "strong", so that user "weak" cannot replace them');
    const [, path = "", query = ""] =
      /run in psql: (SET .*?); (SELECT .*) \\gexec/.exec(stderr) ?? [];
    // The superuser who runs it calls PostgreSQL's format, not what somebody has put before it.
    await database.query(`CREATE FUNCTION public.format(text, regprocedure) RETURNS text
      LANGUAGE sql AS $$ SELECT 'ALTER ROLE weak SUPERUSER' $$`);
    const superuser = await database.connect();
    onTestFinished(() => superuser.end());
    await superuser.query(path);
    const { rows } = await superuser.query<{ format: string }>(query);
    expect(rows).toHaveLength(60);
    expect(rows.every(({ format }) => format.startsWith("ALTER FUNCTION "))).toBe(true);
    await database.query(rows.map(({ format }) => format).join(";"));
    expect(await pgMig([hosts])).toMatchObject({ status: 0 });
  });
});

describe("an event trigger that refuses every change", () => {
  it("is named with its own words, on all nodes that have it", async () => {
    const { migrations, pgMig, databases, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE a();" });
    for (const database of databases) {
      await database.query(
        `CREATE FUNCTION public.no_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'frozen until Monday'; END $$;
        CREATE EVENT TRIGGER frozen ON ddl_command_start EXECUTE FUNCTION public.no_ddl()`,
      );
      onTestFinished(async () => void (await database.query("DROP EVENT TRIGGER frozen")));
    }
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    for (const { port } of databases) {
      expect(stderr).toContain(`Nothing can be stored on 127.0.0.1:${port}: frozen until Monday`);
    }
    expect(stderr).toMatch(/code of the database: PL\/pgSQL function .*no_ddl\(\) line 2 at RAISE/);
    expect(await column(nothingChanged)).toEqual([]);
  });
});
