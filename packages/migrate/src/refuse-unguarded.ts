import { needsSessionLock } from "@pg-mig/executor";
import { PgMigError } from "@pg-mig/model";
import type { Chain } from "@pg-mig/planner";
import type { OpenShard } from "@pg-mig/sessions";
import type { PreparedRun } from "./prepare-run.js";

/**
 * Refuses versions that run outside of a transaction if a pooler shares the connections: nothing
 * guards them there.
 *
 * @throws PgMigError `POOLER_REFUSED` naming them all
 */
export function refuseUnguarded(
  chains: readonly Chain<OpenShard>[],
  { cluster, files }: Pick<PreparedRun, "cluster" | "files">,
): void {
  const places = chains
    .filter(({ shard: { node } }) => cluster.isShared(node))
    .flatMap(({ shard: { node }, pending }) =>
      pending
        .filter((version) => needsSessionLock(files.get(version)))
        .map((version) => `${version} on ${node.label}`),
    );
  if (places.length === 0) {
    return;
  }
  throw new PgMigError(
    "Versions that run outside of a transaction, or choose its isolation level, cannot be guarded through a pooler in transaction mode.",
    {
      code: "POOLER_REFUSED",
      hint: "Connect to PostgreSQL itself, or to a pool in session mode, to apply these.",
      problems: [...new Set(places)].map((message) => ({ message })),
    },
  );
}
