import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

interface Case {
  readonly name: string;
  readonly prepare?: (scenario: Scenario) => Promise<void>;
  readonly args?: (scenario: Scenario) => readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly says: string | RegExp;
}

const cases: readonly Case[] = [
  {
    name: "a time without its unit",
    args: () => ["--lock-timeout=5"],
    says: /--lock-timeout.*with its unit/,
  },
  {
    name: "a time without its unit in a config file",
    prepare: async ({ write }) => write("pg-mig.config.cjs", "exports.retryFor = 5;"),
    says: /retryFor.*with its unit/,
  },
  {
    name: "--make as a dry run",
    args: () => ["--dry", "--make=a@sh"],
    says: "--make writes files: it has no dry run",
  },
  {
    name: "--chain as a dry run",
    args: () => ["--dry=sql", "--chain"],
    says: "--chain writes files: it has no dry run",
  },
  {
    name: "no migration directory at all",
    env: { PGMIGDIR: undefined },
    says: "The migration directory is not set.",
  },
  { name: "a missing directory", env: { PGMIGDIR: "nowhere" }, says: "does not exist" },
  {
    name: "an empty directory",
    env: { PGMIGDIR: "empty" },
    prepare: async ({ write }) => write("empty/readme", ""),
    says: "There are no migrations",
  },
  {
    name: "a bad file name",
    prepare: async ({ migrations }) => migrations({ "foo.sql": "" }),
    says: "foo.sql: not the name of a migration",
  },
  {
    name: "a missing dn file",
    prepare: async ({ migrations }) => migrations({ "9.z.sh.up.sql": "" }),
    says: "9.z.sh.up.sql: its dn file is missing",
  },
  {
    name: "a limit that is none",
    prepare: async ({ migrations }) => migrations({ "9.z.sh": "-- $parallelism_per_hsot = 1\n" }),
    says: /9\.z\.sh\.up\.sql:1:\d+.*parallelism_per_hsot/,
  },
  {
    name: "an unclosed quote",
    prepare: async ({ migrations }) => migrations({ "9.z.sh": "SELECT 1;\nSELECT 'x;\n" }),
    says: "9.z.sh.up.sql:2:8",
  },
  {
    name: "a psql command that cannot work",
    prepare: async ({ migrations }) => migrations({ "9.z.sh": "SELECT 1;\n\\connect other\n" }),
    says: /9\.z\.sh\.up\.sql:2:1.*\\connect/,
  },
  {
    name: "a colour that is none",
    args: () => ["--color=allways"],
    says: /one of auto, always, never, got "allways"\.\n {2}what to do: Did you mean "always"\?/,
  },
  { name: "an unknown option", args: () => ["--forse"], says: "There is no option --forse." },
  { name: "an unknown command", args: () => ["stauts"], says: 'There is no command "stauts".' },
  { name: "two actions", args: () => ["--list", "--make=a@b"], says: "exclude each other" },
  {
    name: "a parallelism of none",
    args: () => ["--parallelism=0"],
    says: 'a whole number from 1, got "0"',
  },
  { name: "a parallelism of 1.5", args: () => ["--parallelism", "1.5"], says: 'got "1.5"' },
  { name: "a port that is none", args: () => ["--port=http"], says: 'got "http"' },
  {
    name: "an entry of --hosts that cannot be read",
    args: () => ["--hosts=a:b:c"],
    says: 'has an entry that cannot be read, "a:b:c"',
  },
  {
    name: "no server at an address",
    env: { PGHOST: "127.0.0.1:1" },
    says: "No server accepts connections at 127.0.0.1:1.",
  },
  {
    name: "a wrong password",
    args: ({ database }) => [`--hosts=${database.url.replace(/:[^:@/]+@/, ":s3cret-w0rd@")}`],
    says: "password",
  },
  {
    name: "a missing database",
    args: ({ database }) => [`--hosts=${database.url.replace(/[^/]+$/, "no_such")}`],
    says: 'There is no database "no_such"',
  },
  {
    name: "a config file that throws",
    prepare: async ({ write }) => write("pg-mig.config.js", "throw new Error('no vault here');"),
    says: /pg-mig\.config\.js failed: .*no vault here/,
  },
  {
    name: "a config file that gives no object",
    prepare: async ({ write }) => write("pg-mig.config.mjs", "export default 7;"),
    says: "pg-mig.config.mjs",
  },
];

describe("bad input is one clear sentence with what to do, exit status 1, and nothing changed:", () => {
  it.each(cases)("$name", async ({ prepare, args, env = {}, says }) => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": "CREATE TABLE t();" });
    await prepare?.(made);
    const { status, stdout, stderr } = await made.pgMig(args?.(made) ?? [], { env });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    if (typeof says === "string") {
      expect(stderr).toContain(says);
    } else {
      expect(stderr).toMatch(says);
    }
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(stderr).not.toContain("s3cret-w0rd");
    expect(stderr).not.toContain(new URL(made.database.url).password);
    expect(await made.column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("notices two nodes that are one database, and uses it once", async () => {
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const other = database.url.replace("127.0.0.1", "localhost");
    const { status, stdout, stderr } = await pgMig([`--hosts=${database.url},${other}`]);
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 of 1"),
    });
    expect(stderr).toContain("is the same database as");
  });

  it("a shard with another history stops the run on every node", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await database.query(
      `CREATE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '["0.x.sh"]'; $$`,
    );
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /Timeline violation .*sh2.*1\.a\.sh on disk, but 0\.x\.sh in the database/,
    );
    expect(stderr).toContain("Rebase");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("a shard with a version that is not on disk stops the run, naming that version", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await database.query(
      `CREATE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT '["1.a.sh","2.b.sh"]'; $$`,
    );
    const { status, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(stderr).toMatch(/sh2.*2\.b\.sh|2\.b\.sh.*sh2/);
    expect(stderr).toContain("what to do: ");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("a ledger that holds no list is named, and nothing runs", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await database.query(
      "CREATE FUNCTION sh2.mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT 'junk'; $$",
    );
    expect((await pgMig()).stderr).toContain('The ledger of shard "sh2"');
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});
