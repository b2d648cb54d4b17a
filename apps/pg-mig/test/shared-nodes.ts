import { startNodes, type TestCluster, type TestNode } from "@pg-mig/testkit";

/** Nodes of a file of tests. */
export interface Nodes {
  readonly nodes: readonly TestNode[];
  /** The first of them. */
  readonly node: TestNode;
}

/**
 * Clusters of one node each, which the files of tests share that need nothing special: they run one after another in
 * a process. The testkit ends them with it.
 */
const clusters: TestCluster[] = [];

/** So many of the shared nodes, the first ones. Starts those that are missing. */
export async function sharedNodes(count: number): Promise<Nodes> {
  const missing = Array.from({ length: Math.max(0, count - clusters.length) }, () => startNodes());
  for (const cluster of await Promise.all(missing)) {
    clusters.push(cluster);
    await makeQuick(cluster.node);
  }
  const [node, ...others] = clusters.slice(0, count).map((cluster) => cluster.node);
  if (node === undefined) {
    throw new RangeError("There is at least one node.");
  }
  return { node, nodes: [node, ...others] };
}

/** Readies a server for many databases, with many logins each. */
async function makeQuick(node: TestNode): Promise<void> {
  // SCRAM costs each login a round trip more. The tests with servers of their own have it.
  await node.writeFile("pg_hba.conf", "local all all scram-sha-256\nhost all all all password\n");
  await node.query("SELECT pg_reload_conf()");
  // The first session of a database writes down what it knows of the catalog, which takes as long as a login. If one
  // was in the template, copies have it.
  await node.query("ALTER DATABASE template0 ALLOW_CONNECTIONS true");
  const client = await node.connect("template0");
  await client.end();
  await node.query("ALTER DATABASE template0 ALLOW_CONNECTIONS false");
}

/** What a server holds that no new one has. */
const leftBehindSql = `
  SELECT 'role ' || rolname AS what FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'
  UNION ALL SELECT 'database ' || datname FROM pg_database
    WHERE datname NOT IN ('postgres', 'template0', 'template1')
  UNION ALL SELECT 'tablespace ' || spcname FROM pg_tablespace WHERE spcname !~ '^pg_'
  UNION ALL SELECT 'setting ' || name FROM pg_file_settings WHERE sourcefile ~ 'auto.conf$'
  UNION ALL SELECT 'setting of a role or database' FROM pg_db_role_setting
  UNION ALL SELECT 'schema ' || nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
  UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`;

/** Throws if a file of tests has left something on shared nodes, and ends them: the next file gets new ones. */
export async function refuseLeftovers(nodes: readonly TestNode[]): Promise<void> {
  const left = new Set<string>();
  for (const node of nodes) {
    const rows = node.running
      ? await node.query<{ what: string }>(leftBehindSql)
      : [{ what: "a server that does not run" }];
    for (const { what } of rows) {
      left.add(what);
    }
  }
  if (left.size > 0) {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.stop()));
    throw new Error(
      `After these tests, the servers still have: ${[...left].join(", ")}. Remove it in the test, or use servers: "own".`,
    );
  }
}
