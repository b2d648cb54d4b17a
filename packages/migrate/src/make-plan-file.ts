import { PgMigError } from "@pg-mig/model";
import type { OpenShard } from "@pg-mig/sessions";
import type { PlanFile, PlannedGroup } from "./plan-file.js";
import { plannedFiles } from "./planned-apply.js";
import type { PreparedRun } from "./prepare-run.js";

export interface MakePlanFileOptions {
  readonly program: string;
  /** Whether nodes or shards were chosen. */
  readonly partial: boolean;
  readonly now: Date;
}

/**
 * Makes a plan out of a prepared apply. Pure.
 *
 * @throws PgMigError `DATABASE_MISSING`: what is not there yet cannot be known again
 */
export function makePlanFile(
  { nodes, chains, directory, files, hasWork }: PreparedRun,
  { program, partial, now }: MakePlanFileOptions,
): PlanFile {
  const missing = nodes.find(({ isMissing }) => isMissing === true);
  if (missing !== undefined) {
    const { label: node, database } = missing.node;
    throw new PgMigError(`The database "${database}" does not exist on ${node}.`, {
      code: "DATABASE_MISSING",
      hint: "A plan that is kept in a file is for databases that exist: have it made first.",
      where: { node },
    });
  }
  const pendingOf = new Map(chains.map(({ shard, pending }) => [shard, pending]));
  const shardsOf = new Map<string, number>();
  for (const version of chains.flatMap(({ pending }) => pending)) {
    shardsOf.set(version, (shardsOf.get(version) ?? 0) + 1);
  }
  const byVersion = [...shardsOf]
    .map(([version, shards]) => ({ version, shards }))
    .sort((a, b) => (a.version < b.version ? -1 : 1));
  return {
    madeAt: now.toISOString(),
    program,
    partial,
    versions: directory.versions.map(({ name }) => name),
    files: hasWork
      ? plannedFiles(
          byVersion.map(({ version }) => version),
          directory,
          files,
        )
      : [],
    nodes: nodes.map(({ node, identity: { systemIdentifier, databaseOid } }) => ({
      address: node.name,
      systemIdentifier,
      databaseOid,
    })),
    groups: groupShards(
      nodes.map(({ shards }) => shards),
      (shard) => pendingOf.get(shard) ?? [],
    ),
    statistics: {
      steps: byVersion.reduce((sum, { shards }) => sum + shards, 0),
      shards: chains.length,
      byVersion,
    },
  };
}

function groupShards(
  byNode: readonly (readonly OpenShard[])[],
  pendingOf: (shard: OpenShard) => readonly string[],
): readonly PlannedGroup[] {
  const groups = new Map<
    string,
    Pick<PlannedGroup, "applied" | "pending"> & { readonly shards: Map<number, string[]> }
  >();
  for (const [node, shards] of byNode.entries()) {
    for (const shard of shards) {
      const pending = pendingOf(shard);
      const { entries } = shard.ledger;
      if (entries.length + pending.length > 0) {
        // When a version was applied does not matter.
        const applied = entries.map(({ version, checksum }) =>
          checksum === undefined ? { version } : { version, checksum },
        );
        const key = JSON.stringify([applied, pending]);
        const group = groups.get(key) ?? { applied, pending, shards: new Map() };
        groups.set(key, group);
        const names = group.shards.get(node) ?? [];
        group.shards.set(node, names);
        names.push(shard.name);
      }
    }
  }
  return [...groups.values()].map(({ applied, pending, shards }) => ({
    applied,
    pending,
    shards: [...shards].map(([node, names]) => ({ node, names })),
  }));
}
