import type { TestDatabase } from "@pg-mig/testkit";
import { measure } from "./measure.js";
import { shardName, versionSql, type WorkloadSize } from "./workload.js";

/** Whether there is a psql. */
export async function hasPsql(): Promise<boolean> {
  return measure("psql", ["--version"]).then(
    () => true,
    () => false,
  );
}

/** All SQL of all shards, in `parallelism` sessions per node. Gives the time in milliseconds. */
export async function psqlSessions(
  databases: readonly TestDatabase[],
  size: WorkloadSize,
  parallelism: number,
): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    databases.flatMap(({ url }) =>
      Array.from({ length: parallelism }, async (_, session) => {
        const steps = [];
        for (let shard = session; shard < size.shards; shard += parallelism) {
          for (let n = 0; n < size.versions; n++) {
            steps.push(stepSql(shard, n));
          }
        }
        if (steps.length > 0) {
          await measure("psql", psqlArgs(url), { input: steps.join("\n") });
        }
      }),
    ),
  );
  return performance.now() - startedAt;
}

/** A process per shard and version, `parallelism` at a time per node. Gives the time in milliseconds. */
export async function psqlPerStep(
  databases: readonly TestDatabase[],
  size: WorkloadSize,
  parallelism: number,
): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    databases.flatMap(({ url }) =>
      Array.from({ length: parallelism }, async (_, slot) => {
        for (let shard = slot; shard < size.shards; shard += parallelism) {
          for (let n = 0; n < size.versions; n++) {
            await measure("psql", psqlArgs(url), { input: stepSql(shard, n) });
          }
        }
      }),
    ),
  );
  return performance.now() - startedAt;
}

function stepSql(shard: number, version: number): string {
  return `BEGIN;\nSET LOCAL search_path TO ${shardName(shard)};\n${versionSql(version)}COMMIT;\n`;
}

function psqlArgs(url: string): string[] {
  return ["-X", "-q", "-v", "ON_ERROR_STOP=1", url];
}
