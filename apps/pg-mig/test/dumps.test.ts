import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { majorToDump, programMajor } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const run = promisify(execFile);

const major = programMajor("pg_dump");
const { scenario, cluster } = scenarios({ nodes: 1, servers: "own", major: majorToDump(major) });

/** rails-on-services/apartment#322, flyway/flyway#4171, amacneil/dbmate#735, dimitri/pgcopydb#915. */
const contents = String.raw`
CREATE SCHEMA app;
CREATE TABLE app.t(id int PRIMARY KEY, word text);
INSERT INTO app.t VALUES (1, '\.'), (2, E'a\tb\nc\\'), (3, NULL), (4, 'it''s :v; -- $$');
CREATE TABLE app.parts(id int, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE app.part_1 PARTITION OF app.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO app.parts VALUES (1, '2026-05-05');
CREATE FUNCTION app.twice(n int) RETURNS int LANGUAGE sql
  BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN n * 2 ELSE 0 END; END;
CREATE VIEW app.v AS SELECT word || ':x;' AS w FROM app.t;
CREATE RULE r AS ON INSERT TO app.v DO INSTEAD (SELECT 1; SELECT 2;);
CREATE TABLE app."binary"(id int, "binary" bytea);
INSERT INTO app."binary" VALUES (1, '\x00ff');
SELECT lo_from_bytea(4711, 'hello'), lo_from_bytea(4712, repeat('long ', 9999)::bytea), lo_from_bytea(4713, '');
COMMENT ON LARGE OBJECT 4711 IS 'BEGIN; COMMIT;';
GRANT SELECT ON LARGE OBJECT 4713 TO PUBLIC;
CREATE PUBLICATION p FOR TABLE app.t;
COMMENT ON SCHEMA app IS 'two
\lines';
`;

async function dump(database: TestDatabase, options: readonly string[] = []): Promise<string> {
  const args = ["--restrict-key=k", ...options, database.url];
  const { stdout } = await run("pg_dump", args, { env: { PATH: process.env.PATH } });
  return stdout;
}

describe("what pg_dump writes, as a version", () => {
  it.skipIf(major === undefined).each([
    ["as it is", [], "FROM stdin;"],
    ["with rows as INSERT", ["--inserts"], "INSERT INTO app.t"],
    ["with DROP before all, into a copy of the database", ["--clean"], "DROP SCHEMA app;"],
  ])("is applied %s, and a second dump differs only by the ledger", async (_, options, sign) => {
    const { migrations, pgMig, database: source } = await scenario();
    await source.query(contents);
    const text = await dump(source, options);
    expect(text).toContain("\\restrict k");
    expect(text).toContain(sign);
    expect(text).toMatch(/^BEGIN;\n\nSELECT pg_catalog\.lo_open/m);
    const empty = options.includes("--clean") ? { template: source } : {};
    const target = await cluster().node.createDatabase(empty);
    onTestFinished(() => target.drop());
    await migrations({ "1.dump.public": text });
    const { status, stdout, stderr } = await pgMig([`--hosts=${target.url}`]);
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    const functions = await target.query<{ name: string }>(
      "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE proname ~ '^mig_.*_const$'",
    );
    expect(functions).toHaveLength(3);
    for (const { name } of functions) {
      await target.query(`DROP FUNCTION ${name}`);
    }
    expect(await dump(target)).toBe(await dump(source));
  });
});
