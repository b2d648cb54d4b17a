import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Job } from "./job.js";
import { shardName, type Work, type WorkSize } from "./works/work.js";

/** The names of the shards that each node has. */
export function shardNames(work: Work, { shards }: WorkSize): string[] {
  return Array.from({ length: shards }, (_, n) => (work.shardName ?? shardName)(n));
}

/** What a contender has to do that does `share` of the shards. */
export function makeJob(
  work: Work,
  size: WorkSize,
  { nodes, share }: { readonly nodes: Job["nodes"]; readonly share: number },
): Job {
  const shards = shardNames(work, size);
  return {
    nodes,
    shards: shards.slice(0, Math.ceil(shards.length * share)),
    versions: Array.from({ length: size.versions }, (_, n) => {
      const { prefix = "sh", ...version } = work.version(n, size);
      const timestamp = `2026010100${String(n).padStart(4, "0")}`;
      return { name: `${timestamp}.version-${n}.${prefix}`, ...version };
    }),
    parallelism: size.parallelism,
  };
}

/** Writes the versions of a job as a migration directory. */
export async function writeMigrations(folder: string, { versions }: Job): Promise<void> {
  await mkdir(folder);
  for (const { name, sql } of versions) {
    await writeFile(join(folder, `${name}.up.sql`), sql);
    await writeFile(join(folder, `${name}.dn.sql`), "");
  }
}
