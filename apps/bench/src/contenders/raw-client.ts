import pg from "pg";
import { inSlots, readJob } from "../job.js";

// The contender "raw": the same SQL in the same transactions, and nothing else.

const job = await readJob();

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
      async use(client, shard) {
        for (const { sql } of job.versions) {
          await client.query(`BEGIN; SET LOCAL search_path TO ${shard};\n${sql}\n;COMMIT`);
        }
      },
    });
    await Promise.all(clients.map((client) => client.end()));
  }),
);
