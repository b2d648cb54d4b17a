import { parseScript } from "@pg-mig/psql-script";
import { leftoversOf } from "@pg-mig/sessions";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
});

afterAll(() => cluster.stop());

/** Tables with code of the user's wherever PostgreSQL takes an expression; all of it leaves a setting and a lock. */
const mines = `
  CREATE SCHEMA sh; SET search_path TO sh, public;
  CREATE FUNCTION leave(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    PERFORM set_config('work_mem', '7MB', false), pg_advisory_lock(4711); RETURN $1; END $$;
  CREATE FUNCTION leaves(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM sh.leave(1); RETURN true; END $$;
  CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM sh.leave(1); RETURN NEW; END $$;
  CREATE FUNCTION valid(text[], oid) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM sh.leave(1); END $$;
  CREATE DOMAIN checked AS int CHECK (leaves(VALUE));
  CREATE TYPE pair AS (a int, b checked);
  CREATE TABLE plain (id int PRIMARY KEY, b int, c checked);
  CREATE TABLE rows (id int PRIMARY KEY, b int, a int DEFAULT leave(1), d checked,
    c int GENERATED ALWAYS AS (leave(id)) STORED,
    CHECK (id <> leave(-7)), CHECK (leaves(id)), CHECK (leaves(1)));
  CREATE INDEX by_sum ON rows ((id + leave(1)));
  CREATE INDEX of_some ON rows (id) WHERE leaves(id) AND b > leave(3);
  CREATE STATISTICS counted ON (leave(id)), (b + leave(2)) FROM rows;
  CREATE TRIGGER on_row BEFORE INSERT OR UPDATE OR DELETE ON rows FOR EACH ROW
    WHEN (leaves(1)) EXECUTE FUNCTION on_row();
  CREATE RULE more AS ON DELETE TO rows DO ALSO SELECT leave(1);
  CREATE POLICY few ON rows USING (leaves(1));
  CREATE TABLE parted (id int, b int, c int) PARTITION BY RANGE ((id + leave(1)));
  CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (100);
  CREATE TABLE other PARTITION OF parted DEFAULT;
  CREATE TABLE no_parts (id int, b int, c int) PARTITION BY LIST ((id + leave(1)));
  CREATE TABLE parent (id int CHECK (id <> leave(-8)), b int, c int);
  CREATE TABLE child () INHERITS (parent);
  CREATE VIEW seen AS SELECT id, leave(1) AS b FROM rows;
  CREATE FOREIGN DATA WRAPPER w VALIDATOR valid;
  CREATE SERVER s FOREIGN DATA WRAPPER w;
  CREATE FOREIGN TABLE far (id int, b int, c int) SERVER s;
  CREATE TABLE typed OF pair;
  CREATE FUNCTION called(a int DEFAULT leave(1)) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE SEQUENCE counter OWNED BY rows.b;
  INSERT INTO rows(id, b) SELECT i, i FROM generate_series(1, 10) i;
  INSERT INTO parted VALUES (1, 1), (5, 5), (1000, 1);
  INSERT INTO child VALUES (1, 1);
`;

const tables = "plain rows parted part other no_parts parent child far typed seen".split(" ");

const perTable = (t: string) => [
  `ALTER TABLE ${t} ADD z int`,
  `ALTER TABLE ONLY ${t} ADD COLUMN IF NOT EXISTS "Z" text NOT NULL`,
  `ALTER TABLE ${t} ADD z varchar(10) NULL, ADD y numeric(5,2)[]`,
  `ALTER TABLE ${t} ADD z int UNIQUE`,
  `ALTER TABLE ${t} ADD z int PRIMARY KEY`,
  `ALTER TABLE ${t} ADD z int REFERENCES plain`,
  `ALTER TABLE ${t} ADD z int REFERENCES rows`,
  `ALTER TABLE ${t} ADD z int OPTIONS (a 'b')`,
  `ALTER TABLE ${t} ADD z int COLLATE "C"`,
  `ALTER TABLE ${t} ADD NOT NULL b`,
  `ALTER TABLE ${t} ADD z int, ALTER b SET NOT NULL`,
  `ALTER TABLE ${t} DROP c`,
  `ALTER TABLE ${t} DROP COLUMN b CASCADE`,
  `ALTER TABLE ${t} ALTER b SET NOT NULL`,
  `ALTER TABLE ${t} ALTER id SET NOT NULL`,
  `ALTER TABLE ${t} ALTER b DROP NOT NULL`,
  `ALTER TABLE ${t} ALTER c DROP EXPRESSION`,
  `ALTER TABLE ${t} ALTER b SET STATISTICS 100`,
  `ALTER TABLE ${t} ALTER id OPTIONS (a 'b')`,
  `ALTER TABLE ${t} OPTIONS (a 'b')`,
  `ALTER TABLE ${t} SET LOGGED`,
  `ALTER TABLE ${t} SET UNLOGGED`,
  `ALTER TABLE ${t} SET SCHEMA public`,
  `ALTER TABLE ${t} INHERIT parent`,
  `ALTER TABLE ${t} OF pair`,
  `ALTER TABLE ${t} REPLICA IDENTITY FULL`,
  `ALTER TABLE ${t} RENAME TO renamed`,
  `ALTER TABLE ${t} RENAME COLUMN b TO renamed`,
  `DROP TABLE ${t}`,
  `DROP TABLE ${t} CASCADE`,
  `COMMENT ON COLUMN ${t}.b IS 'x'`,
  `GRANT SELECT (b) ON ${t} TO pg_monitor`,
  `CREATE TABLE n (LIKE ${t} INCLUDING ALL)`,
  `CREATE TABLE n () INHERITS (${t})`,
  `CREATE TABLE n (id int PRIMARY KEY REFERENCES ${t})`,
];

const others = [
  "CREATE TABLE n (id int, c checked, p pair, UNIQUE (id, c), PRIMARY KEY (id))",
  "CREATE UNLOGGED TABLE IF NOT EXISTS n (id bigserial PRIMARY KEY)",
  "CREATE TABLE n OF pair",
  "CREATE SEQUENCE n",
  "ALTER SEQUENCE counter RESTART 5",
  "ALTER TABLE by_sum RENAME TO renamed",
  "DROP VIEW seen",
  "DROP STATISTICS counted",
  "DROP TRIGGER on_row ON rows",
  "DROP RULE more ON rows",
  "DROP POLICY few ON rows",
  "DROP FUNCTION called",
  "DROP FUNCTION leave CASCADE",
  "DROP DOMAIN checked CASCADE",
  "DROP SERVER s CASCADE",
  "DROP SCHEMA sh CASCADE",
  "DROP OWNED BY CURRENT_USER",
  "COMMENT ON FUNCTION called(int) IS 'x'",
  "COMMENT ON DOMAIN checked IS 'x'",
  "GRANT ALL ON ALL TABLES IN SCHEMA sh TO pg_monitor",
  "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sh FROM PUBLIC",
];

describe("a definition that leftoversOf judges to leave nothing", () => {
  it("runs no code of the user's, whatever the tables are like that it is about", async () => {
    const database = await cluster.node.createDatabase();
    await database.query(mines);
    const all = [...tables.flatMap(perTable), ...others];
    const plain = all.filter((sql) => leftoversOf(parseScript(sql, { file: "a.sql" })) === "none");
    let client = await database.connect();
    const leftBy = async (sql: string) => {
      await client.query("BEGIN; SET LOCAL search_path TO sh");
      await client.query(`SAVEPOINT s; ${sql}`).catch(() => client.query("ROLLBACK TO s"));
      const { rows } = await client.query(
        `SELECT current_setting('work_mem') <> '4MB' OR EXISTS (
           SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND objid = 4711) AS left_something`,
      );
      await client.end();
      client = await database.connect();
      return Object.values(rows[0] ?? {})[0];
    };
    const leaving: string[] = [];
    for (const sql of plain) {
      if ((await leftBy(sql)) !== false) {
        leaving.push(sql);
      }
    }
    expect(leaving).toEqual([]);
    // The mines are there, and most of what is plain is taken for it.
    expect(await leftBy("ALTER TABLE rows ALTER b SET NOT NULL")).toBe(true);
    expect(await leftBy("ALTER TABLE parted DROP c")).toBe(true);
    expect(plain.length).toBeGreaterThan(100);
    await client.end();
    await database.drop();
  });
});
