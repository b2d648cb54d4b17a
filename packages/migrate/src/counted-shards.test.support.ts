import { hosts } from "@pg-mig/cluster";
import type { RunEvent } from "@pg-mig/report";
import { startNodes, type TestCluster, type TestDatabase, type TestNode } from "@pg-mig/testkit";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { ApplyOptions } from "./run-options.js";

export const shardNames = ["sh0001", "sh0002", "sh0003", "sh0004"];

/** Starts nodes for the tests of a file. */
export function shardedCluster({ nodes }: { readonly nodes: number }): {
  readonly cluster: () => TestCluster;
  /** A database on each node, with four shards that each have a table of counted applications. */
  readonly databases: () => Promise<TestDatabase[]>;
} {
  let cluster: TestCluster;
  // On each node, to be copied for each test: a session for each shard takes longer than the copy.
  let templates: { readonly node: TestNode; readonly template: TestDatabase }[];
  beforeAll(async () => {
    cluster = await startNodes({ count: nodes });
    const shards = shardNames.map(
      (shard) => `CREATE SCHEMA ${shard}; CREATE TABLE ${shard}.applied(version text)`,
    );
    templates = await Promise.all(
      cluster.nodes.map(async (node) => {
        const template = await node.createDatabase();
        await template.query(shards.join(";"));
        return { node, template };
      }),
    );
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });
  return {
    cluster: () => cluster,
    databases: () =>
      Promise.all(
        templates.map(async ({ node, template }) => {
          const database = await node.createDatabase({ template });
          onTestFinished(() => database.drop());
          return database;
        }),
      ),
  };
}

export function options(
  nodes: readonly { readonly url: string }[],
  migrationDirectory: string,
): ApplyOptions {
  return {
    migrationDirectory,
    sources: [hosts(nodes.map(({ url }) => url))],
    defaults: { port: 5432, user: "postgres", sslMode: "disable" },
  };
}

/** Versions that each make a table and count themselves, so that a second application shows twice. */
export function countingVersions(count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, i) => {
    const name = `2024010100000${i}.count.sh`;
    return [name, `CREATE TABLE t${i}(id int);\nINSERT INTO applied VALUES ('${name}');`];
  });
  return Object.fromEntries(entries);
}

export async function appliedOn(database: TestDatabase, shard: string): Promise<string[]> {
  const rows = await database.query(`SELECT version FROM ${shard}.applied ORDER BY version`);
  return rows.map(({ version }) => version);
}

export async function ledgerOf(database: TestDatabase, shard: string): Promise<string[]> {
  const rows = await database.query(`SELECT ${shard}.mig_versions_const() AS list`);
  return JSON.parse(rows[0]?.list);
}

export async function expectAllApplied(
  nodes: readonly TestDatabase[],
  versions: readonly string[],
): Promise<void> {
  // One session for all shards of a node.
  const sql = shardNames.map(
    (shard) => `SELECT '${shard}' AS shard, ${shard}.mig_versions_const() AS ledger,
      ARRAY(SELECT version FROM ${shard}.applied ORDER BY version) AS applied`,
  );
  for (const database of nodes) {
    const rows = await database.query(sql.join(" UNION ALL "));
    expect(rows.map(({ shard }) => shard)).toEqual(shardNames);
    for (const { shard, ledger, applied } of rows) {
      expect(applied, `${shard}, applied once`).toEqual(versions);
      expect(JSON.parse(ledger), `${shard}, ledger`).toEqual(versions);
    }
  }
}

export async function collect(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events = [];
  for await (const event of run) {
    events.push(event);
  }
  return events;
}
