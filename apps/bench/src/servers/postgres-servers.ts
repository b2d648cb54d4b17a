import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDatabase, TestNode } from "@pg-mig/testkit";
import { watchMemory } from "../memory-watch.js";
import { children, cpuMs } from "../process-tree.js";
import type { ServerMeasured, Servers } from "./servers.js";

export interface PostgresServersOptions {
  readonly nodes: readonly TestNode[];
  readonly shards: readonly string[];
  /** SQL that makes what is in every shard before the work begins. */
  readonly shardSql: string;
}

/** What a server does for itself would be counted for the contender that happens to run. */
export const measuredSettings = { autovacuum: "off", max_connections: "300" };

/** Some statements at a time: one message for thousands of schemas would be one transaction. */
const shardsAtATime = 100;

/** Servers of PostgreSQL; what is fresh is each time a copy of one database, with its statistics. */
export async function preparePostgresServers({
  nodes,
  ...content
}: PostgresServersOptions): Promise<Servers> {
  const templates = await Promise.all(nodes.map((node) => makeTemplate(node, content)));
  const postmasters = await Promise.all(nodes.map(postmasterPid));
  return {
    title: `PostgreSQL ${nodes[0]?.major}`,
    async fresh() {
      const databases = await Promise.all(
        nodes.map((node, i) => node.createDatabase({ template: templates[i] ?? "" })),
      );
      // Pages that the copy made dirty would be written while somebody is measured.
      await Promise.all(databases.map((database) => database.query("CHECKPOINT")));
      return {
        nodes: databases.map(({ host, port, user, password, database }) => {
          return { host, port, user, password, database };
        }),
        watch: async () => watchServers(postmasters),
        async end() {
          await Promise.all(databases.map((database) => database.drop()));
        },
      };
    },
    async close() {
      await Promise.all(templates.map((template) => template.drop()));
    },
  };
}

async function makeTemplate(
  node: TestNode,
  { shards, shardSql }: Omit<PostgresServersOptions, "nodes">,
): Promise<TestDatabase> {
  const template = await node.createDatabase();
  const client = await template.connect();
  for (let at = 0; at < shards.length; at += shardsAtATime) {
    const part = shards.slice(at, at + shardsAtATime);
    await client.query(
      part
        .map((shard) => `CREATE SCHEMA ${shard}; SET search_path TO ${shard}; ${shardSql}`)
        .join(";\n"),
    );
  }
  await client.query("VACUUM ANALYZE");
  await client.end();
  return template;
}

async function postmasterPid({ dataDirectory }: TestNode): Promise<number> {
  return Number.parseInt(await readFile(join(dataDirectory, "postmaster.pid"), "utf8"), 10);
}

function watchServers(postmasters: readonly number[]): {
  readonly end: () => Promise<ServerMeasured>;
} {
  const processes = () => postmasters.flatMap(children);
  const own = processes();
  const cpuBefore = totalCpu([...postmasters, ...own]);
  const backends = () => processes().filter((pid) => !own.includes(pid));
  const memory = watchMemory({ pids: backends, size: "RssAnon", everyMs: 200 });
  return {
    async end() {
      // The time of a backend is added to its postmaster's, exactly, when it has ended.
      while (backends().length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const cpuAfter = totalCpu([...postmasters, ...own]);
      const cpu = cpuBefore === undefined ? undefined : (cpuAfter ?? Number.NaN) - cpuBefore;
      return { cpuMs: cpu, backendMb: memory.end(), traffic: undefined };
    },
  };
}

function totalCpu(pids: readonly number[]): number | undefined {
  const known = pids.map(cpuMs).filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, time) => sum + time, 0);
}
