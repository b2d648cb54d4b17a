import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../measure.js";
import type { Turn } from "./contender.js";
import { nodeUrl, psqlOptions } from "./psql.js";

/** Starts a session for each line of a list, address and file; fails if one of them does. */
const script = `
  while read -r url file; do psql "$@" -f "$file" "$url" & pids="$pids $!"; done < "$0"
  for pid in $pids; do wait "$pid" || exit 1; done
`;

/** As many psql sessions as there are slots, each with a file of what it has to do on its shards. */
export async function psqlSessions(
  { job, folder }: Turn,
  textOf: (shard: string) => string,
): Promise<Program> {
  const { nodes, shards, parallelism } = job;
  const sessions: string[] = [];
  for (const [n, node] of nodes.entries()) {
    for (let session = 0; session < Math.min(parallelism, shards.length); session++) {
      const own = shards.filter((_, i) => i % parallelism === session);
      const file = join(folder, `${n}-${session}.sql`);
      await writeFile(file, own.map(textOf).join(""));
      sessions.push(`${nodeUrl(node)} ${file}\n`);
    }
  }
  const list = join(folder, "sessions");
  await writeFile(list, sessions.join(""));
  return { command: "bash", args: ["-c", script, list, ...psqlOptions] };
}
