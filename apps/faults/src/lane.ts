import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { nodeTablesSql, shardTablesSql } from "./test-version.js";

/** How many shards a scene has on each of its nodes. */
export const shardsPerNode = 4;

export const shardNames: readonly string[] = Array.from(
  { length: shardsPerNode },
  (_, index) => `sh${String(index + 1).padStart(4, "0")}`,
);

const nodeSettings = {
  // When a row was committed is what tells whether two runs were in one shard at once.
  track_commit_timestamp: "on",
  max_connections: "40",
  deadlock_timeout: "100ms",
};

/**
 * Nodes on which injections are made one after another. Several lanes at once share nothing, so a
 * fault may do to its lane's servers whatever it likes, as long as they run when it is over.
 */
export class Lane {
  readonly cluster: TestCluster;
  readonly #templates: readonly TestDatabase[];

  private constructor(cluster: TestCluster, templates: readonly TestDatabase[]) {
    this.cluster = cluster;
    this.#templates = templates;
  }

  static async open(options: { readonly nodes: number }): Promise<Lane> {
    const cluster = await startNodes({ count: options.nodes, settings: nodeSettings });
    try {
      const templates = await Promise.all(
        cluster.nodes.map(async (node) => {
          const database = await node.createDatabase({ name: "scene_template" });
          const shards = shardNames.map(
            (shard) => `CREATE SCHEMA ${shard}; SET search_path TO ${shard}; ${shardTablesSql}`,
          );
          await database.query([nodeTablesSql, ...shards].join("\n"));
          return database;
        }),
      );
      return new Lane(cluster, templates);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** A fresh database on every node, with empty shards. Starts nodes that a fault left stopped. */
  async createDatabases(): Promise<TestDatabase[]> {
    return Promise.all(
      this.cluster.nodes.map(async (node, index) => {
        await node.start();
        const template = this.#templates[index];
        if (template === undefined) {
          throw new Error("A lane has a template on every node.");
        }
        return node.createDatabase({ template });
      }),
    );
  }

  async close(): Promise<void> {
    await this.cluster.stop();
  }
}
