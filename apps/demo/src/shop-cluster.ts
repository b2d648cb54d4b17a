import { join } from "node:path";
import { startNodes, type TestCluster, type TestNode } from "@pg-mig/testkit";
import type pg from "pg";

/** The versions that a shard says were applied to it. */
export interface ShardVersions {
  readonly shard: string;
  readonly versions: readonly string[];
}

/** The demo's cluster: a shop whose customers are spread over three nodes. */
export class ShopCluster {
  /** Where the command is run; goes away with the cluster. */
  readonly directory: string;
  readonly migrations: string;
  readonly nodes: readonly TestNode[];
  readonly #cluster: TestCluster;

  private constructor(cluster: TestCluster, nodes: readonly TestNode[]) {
    this.#cluster = cluster;
    this.nodes = nodes;
    this.directory = cluster.directory;
    this.migrations = join(cluster.directory, "migrations");
  }

  /** Starts three servers; each knows its number. */
  static async start(): Promise<ShopCluster> {
    const cluster = await startNodes({ count: 3, cache: "none" });
    // In the order in which pg-mig will list them.
    const nodes = cluster.nodes.toSorted((a, b) => a.port - b.port);
    await Promise.all(
      nodes.map((node, number) =>
        node.query(`ALTER ROLE ${node.user} SET shop.node = '${number}'`),
      ),
    );
    return new ShopCluster(cluster, nodes);
  }

  /** What pg-mig has to know, as environment variables. */
  get env(): Readonly<Record<"PGHOST" | "PGUSER" | "PGPASSWORD" | "PGDATABASE", string>> {
    const { user, password } = this.#cluster.node;
    const hosts = this.nodes.map(({ host, port }) => `${host}:${port}`).join(",");
    return { PGHOST: hosts, PGUSER: user, PGPASSWORD: password, PGDATABASE: "shop" };
  }

  /** The ledgers of all shards of all nodes, by name. */
  async ledgers(): Promise<readonly ShardVersions[]> {
    const ofNodes = await Promise.all(
      this.nodes.map((node) =>
        query<ShardVersions>(
          node,
          `SELECT n.nspname AS shard, substring(p.prosrc FROM '\\[[^]]*\\]')::json AS versions
             FROM pg_namespace AS n JOIN pg_proc AS p ON p.pronamespace = n.oid
            WHERE n.nspname ~ '^sh[0-9]' AND p.proname = 'mig_versions_const'
            ORDER BY n.nspname`,
        ),
      ),
    );
    return ofNodes.flat();
  }

  /** Runs a statement in the shop's database of one node. */
  async query<Row extends pg.QueryResultRow>(nodeNumber: number, sql: string): Promise<Row[]> {
    const node = this.nodes[nodeNumber];
    if (node === undefined) {
      throw new RangeError(`There is no node ${nodeNumber}.`);
    }
    return query<Row>(node, sql);
  }

  /** Gives each shard some customers with purchases, as a shop in use has them. */
  async fillShards(): Promise<void> {
    const shards = await this.ledgers();
    const fill = ({ shard }: ShardVersions) => `
      INSERT INTO ${shard}.customer (email)
        SELECT 'customer' || n || '@example.com' FROM generate_series(1, 50) AS n;
      INSERT INTO ${shard}.purchase (customer_id, total_cents)
        SELECT c.id, 100 * c.id FROM ${shard}.customer AS c, generate_series(1, 4);`;
    await Promise.all(
      this.nodes.map((node, number) =>
        query(
          node,
          shards
            .filter((_, at) => Math.floor(at / 24) === number)
            .map(fill)
            .join(""),
        ),
      ),
    );
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
  }
}

async function query<Row extends pg.QueryResultRow>(node: TestNode, sql: string): Promise<Row[]> {
  const client = await node.connect("shop");
  try {
    const { rows } = await client.query<Row>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
