import { startNodes, type TestCluster } from "@pg-mig/testkit";
import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { diffShapes } from "./diff-shapes.js";
import { readShapes } from "./read-shapes.js";
import type { Shape } from "./shape.js";
import { commonSql, shardSql } from "./shard-schema.test.support.js";

let cluster: TestCluster;
let client: pg.Client;

beforeAll(async () => {
  cluster = await startNodes();
  client = await (await cluster.node.createDatabase()).connect();
  await client.query(commonSql);
  await client.query(shardSql("a1"));
  await client.query(shardSql("a2"));
  await client.query("SET search_path TO a2, pg_catalog");
});

afterAll(async () => {
  await client?.end();
  await cluster?.stop();
});

/** A change and what takes it back. */
interface Change {
  readonly sql: string;
  readonly inverse: string;
}

const table = fc.constantFrom("base", "child", "parent");
const columnType = fc.constantFrom(
  "int",
  "text",
  "varchar(7)",
  "numeric(8, 3)",
  "timestamptz",
  "mood",
  "positive[]",
  "pair",
);
const name = fc
  .stringMatching(/^[a-z "'.\\é$0-9]{1,12}$/)
  .map((text) => `"x ${text.replaceAll('"', '""')}"`);
const literal = fc
  .constantFrom("a1", "a2", "a1.base", "a2.base", "it''s", 'say "a2"', "b\\s", "", "é")
  .map((text) => `'${text}'`);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(table, name, columnType).map(([t, n, type]) => ({
    sql: `ALTER TABLE ${t} ADD COLUMN ${n} ${type}`,
    inverse: `ALTER TABLE ${t} DROP COLUMN ${n}`,
  })),
  fc.tuple(table, name, literal).map(([t, n, value]) => ({
    sql: `ALTER TABLE ${t} ADD COLUMN ${n} text NOT NULL DEFAULT ${value}`,
    inverse: `ALTER TABLE ${t} DROP COLUMN ${n}`,
  })),
  fc.tuple(name, columnType, literal).map(([n, type, value]) => ({
    sql: `CREATE TABLE ${n} (id serial PRIMARY KEY, v ${type}, t text CHECK (t <> ${value}), up int REFERENCES base)`,
    inverse: `DROP TABLE ${n}`,
  })),
  fc
    .tuple(name, fc.constantFrom("name", "id, name", "lower(name)", "name DESC"), literal)
    .map(([n, columns, value]) => ({
      sql: `CREATE INDEX ${n} ON base (${columns}) WHERE name <> ${value}`,
      inverse: `DROP INDEX ${n}`,
    })),
  fc.tuple(table, name, literal).map(([t, n, value]) => ({
    sql: `ALTER TABLE ${t} ADD CONSTRAINT ${n} CHECK (${value} <> 'never')`,
    inverse: `ALTER TABLE ${t} DROP CONSTRAINT ${n}`,
  })),
  fc.tuple(name, literal).map(([n, value]) => ({
    sql: `CREATE FUNCTION ${n}(base) RETURNS text LANGUAGE sql AS $x$ SELECT ${value}::text $x$`,
    inverse: `DROP FUNCTION ${n}(base)`,
  })),
  fc.tuple(name, literal).map(([n, value]) => ({
    sql: `CREATE VIEW ${n} AS SELECT base.id, ${value}::text AS said FROM base JOIN child USING (id)`,
    inverse: `DROP VIEW ${n}`,
  })),
  fc.tuple(name, literal, literal).map(([n, one, other]) => ({
    sql: `CREATE TYPE ${n} AS ENUM (${one === other ? one : `${one}, ${other}`})`,
    inverse: `DROP TYPE ${n}`,
  })),
  fc.tuple(name, fc.integer({ min: 2, max: 99 })).map(([n, by]) => ({
    sql: `CREATE SEQUENCE ${n} INCREMENT ${by}`,
    inverse: `DROP SEQUENCE ${n}`,
  })),
  fc.tuple(name, literal).map(([n, value]) => ({
    sql: `CREATE POLICY ${n} ON child USING (code = ${value})`,
    inverse: `DROP POLICY ${n} ON child`,
  })),
  fc.tuple(name, literal).map(([n, value]) => ({
    sql: `CREATE TRIGGER ${n} BEFORE INSERT ON child FOR EACH ROW WHEN (NEW.code <> ${value}) EXECUTE FUNCTION touch()`,
    inverse: `DROP TRIGGER ${n} ON child`,
  })),
  fc.tuple(name).map(([n]) => ({
    sql: `ALTER TABLE child RENAME COLUMN code TO ${n}`,
    inverse: `ALTER TABLE child RENAME COLUMN ${n} TO code`,
  })),
  literal.map((value) => ({
    sql: `COMMENT ON TABLE child IS E${value.replaceAll("\\", "\\\\")}`,
    inverse: "COMMENT ON TABLE child IS NULL",
  })),
);

async function shapes(): Promise<[Shape, Shape]> {
  const { server_version_num: version } = (await client.query("SHOW server_version_num")).rows[0];
  const major = Math.floor(Number(version) / 10_000);
  return (await readShapes(client, ["a1", "a2"], { major })) as [Shape, Shape];
}

it("tells two shards apart after any change, and takes them for alike again after its inverse", async () => {
  await fc.assert(
    fc.asyncProperty(change, async ({ sql, inverse }) => {
      try {
        await client.query(sql);
      } catch {
        // Such as an empty comment, or a column that the view of the shard needs.
        fc.pre(false);
      }
      const [expected, found] = await shapes();
      await client.query(inverse);
      const [before, after] = await shapes();
      expect(after.hash).toBe(before.hash);
      expect(diffShapes(before, after)).toEqual([]);
      // An empty comment is none.
      if (sql !== "COMMENT ON TABLE child IS E''") {
        expect(found.hash).not.toBe(expected.hash);
        expect(diffShapes(expected, found)).not.toEqual([]);
        expect(diffShapes(found, expected)).not.toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});
