import pg from "pg";
import { readJob } from "../job.js";

// The contender "bare pg": what node and the driver take.

const job = await readJob();

await Promise.all(
  job.nodes.map(async (node) => {
    const client = new pg.Client(node);
    await client.connect();
    await client.query("SELECT nspname FROM pg_catalog.pg_namespace");
    await client.end();
  }),
);
