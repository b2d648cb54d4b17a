import { startNodes, type TestCluster } from "@pg-mig/testkit";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diffShapes } from "./diff-shapes.js";
import { majors } from "./majors.test.support.js";
import { accessMutations, harmless, type Mutation, mutations } from "./mutations.test.support.js";
import { readShapes } from "./read-shapes.js";
import type { Shape } from "./shape.js";
import { commonSql, shardSql } from "./shard-schema.test.support.js";

/** Shards to be changed, each in its own way, and read at once: eight take little longer than one. */
const changed = Array.from({ length: 8 }, (_, i) => `a1${i}`);

describe.each(majors)("two shards of PostgreSQL %i that were alike", (major) => {
  let cluster: TestCluster;
  let client: pg.Client;
  const alike = new Map<"yes" | "no", Shape>();

  beforeAll(async () => {
    cluster = await startNodes({ major });
    client = await (await cluster.node.createDatabase()).connect();
    await client.query(commonSql);
    for (const schema of ["a1", ...changed]) {
      await client.query(shardSql(schema));
    }
    for (const access of ["yes", "no"] as const) {
      const [shape] = await readShapes(client, ["a1"], { major, access });
      alike.set(access, shape as Shape);
    }
  });

  afterAll(async () => {
    await client?.end();
    await cluster?.stop();
  });

  /** Changes a shard in each of these ways, reads them, and takes the changes back. */
  async function shapesAfter(changes: readonly string[], access: "yes" | "no") {
    const schemas = changed.slice(0, changes.length);
    try {
      await client.query("BEGIN");
      for (const [i, sql] of changes.entries()) {
        await client.query(`SET LOCAL search_path TO ${schemas[i]}, pg_catalog; ${sql}`);
      }
      const shapes = await readShapes(client, schemas, { major, access });
      return schemas.map((schema) => shapes.find((shape) => shape.schema === schema));
    } finally {
      await client.query("ROLLBACK");
    }
  }

  /** Of each change that some tests are to make, the shape that it leaves; some are read together. */
  function shapesOf(tests: readonly Pick<Mutation, "sql">[], access: "yes" | "no") {
    const read = new Map<number, Promise<readonly (Shape | undefined)[] | undefined>>();
    return async (sql: string) => {
      const at = tests.findIndex((test) => test.sql === sql);
      const first = at - (at % changed.length);
      const together = tests.slice(first, first + changed.length).map((test) => test.sql);
      // If one of them cannot be made, the tests of the others do not fail for it.
      const shapes = read.get(first) ?? shapesAfter(together, access).catch(() => undefined);
      read.set(first, shapes);
      const found = (await shapes)?.[at - first] ?? (await shapesAfter([sql], access))[0];
      return { expected: alike.get(access) as Shape, found: found as Shape };
    };
  }

  function told({ expected, found }: { readonly expected: Shape; readonly found: Shape }) {
    const differences = diffShapes(expected, found);
    expect(JSON.stringify(differences)).not.toContain("hunter");
    return differences.map(({ what, kind, path }) => `${what} ${kind} ${path}`);
  }

  const possible = mutations.filter(({ from = 14 }) => from <= major);
  const mutated = shapesOf(possible, "no");
  it.each(possible)("differ by: $name", async (mutation) => {
    const shapes = await mutated(mutation.sql);
    expect(told(shapes)).toEqual(mutation.sees);
    expect(shapes.found.hash).not.toBe(shapes.expected.hash);
  });

  const withAccess = shapesOf(accessMutations, "yes");
  const withoutAccess = shapesOf(accessMutations, "no");
  it.each(accessMutations)("differ by: $name, if access counts", async ({ sql, sees }) => {
    expect(told(await withAccess(sql))).toEqual(sees);
    const shapes = await withoutAccess(sql);
    expect(shapes.found.hash).toBe(shapes.expected.hash);
  });

  const unharmed = shapesOf(harmless, "no");
  it.each(harmless)("are still alike after: $name", async ({ sql }) => {
    const shapes = await unharmed(sql);
    expect(told(shapes)).toEqual([]);
    expect(shapes.found.hash).toBe(shapes.expected.hash);
  });
});
