import { spawn } from "node:child_process";
import { inSlots, readJob } from "../job.js";
import { nodeUrl, psqlOptions, stepText } from "./psql.js";

// The contender "spawn": a process of psql for every version on every shard.

const job = await readJob();

await Promise.all(
  job.nodes.map((node) =>
    inSlots(job.shards, job.parallelism, {
      async open() {},
      async use(_slot, shard) {
        for (const version of job.versions) {
          await runPsql([...psqlOptions, nodeUrl(node)], stepText(shard, version));
        }
      },
    }),
  ),
);

function runPsql(args: readonly string[], input: string): Promise<void> {
  const child = spawn("psql", args, { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`psql: ${code}`))));
  });
}
