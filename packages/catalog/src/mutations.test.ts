import { startNodes, type TestCluster } from "@pg-mig/testkit";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diffShapes } from "./diff-shapes.js";
import { majors } from "./majors.test.support.js";
import { accessMutations, harmless, mutations } from "./mutations.test.support.js";
import { readShapes } from "./read-shapes.js";
import type { Shape } from "./shape.js";
import { commonSql, shardSql } from "./shard-schema.test.support.js";

describe.each(majors)("two shards of PostgreSQL %i that were alike", (major) => {
  let cluster: TestCluster;
  let client: pg.Client;
  const alike = new Map<"yes" | "no", Shape>();

  beforeAll(async () => {
    cluster = await startNodes({ major });
    client = await (await cluster.node.createDatabase()).connect();
    await client.query(commonSql);
    for (const schema of ["a1", "a10"]) {
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

  /** Changes the second shard, compares it with the first, and takes the change back. */
  async function compare(sql: string, access: "yes" | "no" = "no") {
    try {
      await client.query(`BEGIN; SET LOCAL search_path TO a10, pg_catalog; ${sql}`);
      const [found] = await readShapes(client, ["a10"], { major, access });
      return { expected: alike.get(access) as Shape, found: found as Shape };
    } finally {
      await client.query("ROLLBACK");
    }
  }

  function told({ expected, found }: { readonly expected: Shape; readonly found: Shape }) {
    const differences = diffShapes(expected, found);
    expect(JSON.stringify(differences)).not.toContain("hunter");
    return differences.map(({ what, kind, path }) => `${what} ${kind} ${path}`);
  }

  it.each(mutations.filter(({ from = 14 }) => from <= major))(
    "differ by: $name",
    async (mutation) => {
      const shapes = await compare(mutation.sql);
      expect(told(shapes)).toEqual(mutation.sees);
      expect(shapes.found.hash).not.toBe(shapes.expected.hash);
    },
  );

  it.each(accessMutations)("differ by: $name, if access counts", async ({ sql, sees }) => {
    expect(told(await compare(sql, "yes"))).toEqual(sees);
    const shapes = await compare(sql);
    expect(shapes.found.hash).toBe(shapes.expected.hash);
  });

  it.each(harmless)("are still alike after: $name", async ({ sql }) => {
    const shapes = await compare(sql);
    expect(told(shapes)).toEqual([]);
    expect(shapes.found.hash).toBe(shapes.expected.hash);
  });
});
