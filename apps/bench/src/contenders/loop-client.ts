import { runner } from "node-pg-migrate";
import pg from "pg";
import { inSlots, readJob } from "../job.js";

// The contender "loop": what a team writes that has node-pg-migrate and many schemas.

const job = await readJob();
const dir = process.argv[3] ?? "";
const silent = { debug() {}, info() {}, warn() {}, error: console.error };

await Promise.all(
  job.nodes.map(async (node) => {
    const clients: pg.Client[] = [];
    await inSlots(job.shards, job.parallelism, {
      async open() {
        const client = new pg.Client(node);
        clients.push(client);
        await client.connect();
        return client;
      },
      async use(dbClient, schema) {
        await runner({
          dbClient,
          schema,
          dir,
          direction: "up",
          migrationsTable: "pgmigrations",
          // Its lock is one for the whole database: shards would wait for each other.
          noLock: true,
          singleTransaction: false,
          logger: silent,
        });
      },
    });
    await Promise.all(clients.map((client) => client.end()));
  }),
);
