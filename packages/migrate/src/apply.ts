import { codeDigest, type MigrationDirectory } from "@pg-mig/migrations";
import { buildPlan } from "@pg-mig/planner";
import type { CountedRun } from "@pg-mig/report";
import { startRun } from "./run-flow.js";
import type { RunKind } from "./run-kind.js";
import type { ApplyOptions } from "./run-options.js";

/**
 * Applies to every shard of the cluster the versions that it does not have yet.
 *
 * Each version on each shard is all or nothing, together with its ledger entry; a version that
 * fails ends the chain of its shard only, and is told by events and in the report. The next run
 * goes on where this one ended. Two runs at once never apply a version twice.
 *
 * `result` rejects, with nothing changed, with a `PgMigError`: what `readMigrationDirectory`,
 * `loadMigrationScripts`, `discoverNodes` and `connectNode` throw; `CLUSTER_UNREACHABLE`,
 * `NO_PRIMARY`; `LEDGER_UNREADABLE`; `TIMELINE_VIOLATION`, `VERSION_MISSING_ON_DISK`;
 * `FILES_EDITED`; `SHELL_REFUSED`; `NODE_NOT_WRITABLE`.
 *
 * @example
 * const run = apply({ migrationDirectory: "mig", sources: [hosts("db1,db2")], defaults });
 * for await (const event of run) if (event.type === "step:failed") console.error(event.shard);
 * const { outcome } = await run.result;
 */
export function apply(options: ApplyOptions): CountedRun {
  return startRun(options, applyKind);
}

/** An apply, for the versions of a directory. */
export function applyKind({ versions }: MigrationDirectory): RunKind {
  return {
    action: "apply",
    direction: "up",
    plan: (shards) => buildPlan({ versions, shards }),
    digestMeanwhile: undefined,
    digestAfter: codeDigest(versions),
    newSchemas: "go round again",
  };
}
