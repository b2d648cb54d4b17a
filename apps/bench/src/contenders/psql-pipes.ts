import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Contender } from "./contender.js";
import { nodeUrl, psqlMissing, psqlOptions, stepText } from "./psql.js";

/** Starts a session for each line of a list, address and file; fails if one of them does. */
const script = `
  while read -r url file; do psql "$@" -f "$file" "$url" & pids="$pids $!"; done < "$0"
  for pid in $pids; do wait "$pid" || exit 1; done
`;

export const psqlPipes: Contender = {
  name: "psql",
  about: "the same SQL and transactions through as many psql sessions, a file each; no ledger",
  missing: psqlMissing,
  async program({ job, folder }) {
    const { nodes, shards, versions, parallelism } = job;
    const sessions: string[] = [];
    for (const [n, node] of nodes.entries()) {
      for (let session = 0; session < Math.min(parallelism, shards.length); session++) {
        const own = shards.filter((_, i) => i % parallelism === session);
        const steps = own.flatMap((shard) => versions.map((version) => stepText(shard, version)));
        const file = join(folder, `${n}-${session}.sql`);
        await writeFile(file, steps.join(""));
        sessions.push(`${nodeUrl(node)} ${file}\n`);
      }
    }
    const list = join(folder, "sessions");
    await writeFile(list, sessions.join(""));
    return { command: "bash", args: ["-c", script, list, ...psqlOptions] };
  },
};
