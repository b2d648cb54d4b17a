import type { LedgerEntry } from "@pg-mig/ledger";
import { compareVersions, type MigrationDirectory } from "@pg-mig/migrations";
import { PgMigError } from "@pg-mig/model";
import type { Chain } from "@pg-mig/planner";
import { type CountedRun, countOf, type Report, type ReportedNode } from "@pg-mig/report";
import { type OpenNode, type OpenShard, placeOf } from "@pg-mig/sessions";
import { nodeKey } from "./compare-plan.js";
import { judgeRunUndo, type RunUndoJudgement } from "./judge-run-undo.js";
import type { MigrationFiles } from "./migration-files.js";
import { startRun } from "./run-flow.js";
import type { RunKind, StuckStep } from "./run-kind.js";
import type { RunOptions } from "./run-options.js";

/** What is known of an apply whose steps are to be undone. */
export type RunToUndo = Pick<
  Report,
  "action" | "startedAt" | "durationMs" | "nodes" | "doneByVersion" | "inDoubt"
>;

export interface UndoRunOptions extends RunOptions {
  /** The report of the run. */
  readonly run: RunToUndo;
}

/**
 * Undoes what a run has applied, and nothing else: on each shard its versions, newest first, as `undo` does one.
 * What is gone already is passed over. So is what another run has applied again since, with a warning. A version
 * whose dn file holds no statement, or that others came after, stays, with those that the run applied before it:
 * it has failed, and the rest goes on.
 *
 * `result` rejects, with nothing changed, as that of `apply`, and with `RUN_NOT_UNDOABLE` if the report is not
 * that of an apply, or a node of it is not known or cannot be found.
 */
export function undoRun({ run, ...options }: UndoRunOptions): CountedRun {
  const { action, nodes } = run;
  if (action !== "apply" || nodes === undefined) {
    throw notUndoable(
      action === "apply"
        ? "The report does not say which databases the run worked on."
        : "The report is of an undo.",
      "Name the report of an apply: what an undo has done is applied again by the next apply.",
    );
  }
  const known = new Set(nodes.map(({ node }) => node));
  const places = [...run.doneByVersion.flatMap(({ shards }) => shards), ...run.inDoubt];
  const unknown = places.find(({ node }) => !known.has(node));
  if (unknown !== undefined) {
    throw notUndoable(
      `The report has steps on ${unknown.node}, and does not say which database that is.`,
      "Name the report as the run has written it.",
    );
  }
  const { only } = options;
  return startRun(options, (directory) =>
    undoRunKind(directory, { ...run, nodes, limited: only !== undefined }),
  );
}

interface KnownRun extends RunToUndo {
  readonly nodes: readonly ReportedNode[];
  readonly limited: boolean;
}

function undoRunKind(directory: MigrationDirectory, run: KnownRun): RunKind {
  const keys = new Set(run.nodes.map(nodeKey));
  return {
    action: "undo",
    direction: "down",
    plan: () => ({ chains: [], violations: [] }),
    keep: ({ identity }) => keys.has(nodeKey(identity)),
    bind: (nodes, files) => bound(directory, run, nodes, files),
    digestMeanwhile: "before-undo",
    digestAfter: "after-undo",
    newSchemas: "ignore",
  };
}

/** The kind, now that it is known which nodes are those of the report, and what its dn files hold. */
async function bound(
  directory: MigrationDirectory,
  run: KnownRun,
  nodes: readonly OpenNode[],
  files: MigrationFiles,
): Promise<RunKind> {
  refuseMissingNodes(run, nodes);
  const stepsOf = stepsByNode(run, nodes);
  const versions = [...new Set([...stepsOf.values()].flatMap((of) => [...of.values()].flat()))];
  const onDisk = new Set(directory.versions.map(({ name }) => name));
  const there = versions.filter((version) => onDisk.has(version));
  await files.load(there);
  const empty = new Set(files.emptyFiles(there).map(({ version }) => version));
  const isInTime = appliedDuring(run);
  const stepsOn = ({ node, name }: OpenShard) => new Set(stepsOf.get(node.name)?.get(name));
  const judge = (shard: OpenShard): RunUndoJudgement => {
    const steps = stepsOn(shard);
    return judgeRunUndo(
      shard.ledger.entries,
      (entry) => steps.has(entry.version) && isInTime(entry),
      (version) => onDisk.has(version) && !empty.has(version),
    );
  };
  return {
    ...undoRunKind(directory, run),
    plan: (shards) => ({
      chains: shards.flatMap((shard): Chain<OpenShard>[] => {
        const { pending } = judge(shard);
        return pending.length === 0 ? [] : [{ shard, pending }];
      }),
      violations: [],
    }),
    stuck: (shards) =>
      shards.flatMap((shard) => {
        const { stays } = judge(shard);
        return stays === undefined ? [] : [stuckStep(shard, stays, onDisk)];
      }),
    leftAlone(shards) {
      const counts = new Map<string, number>();
      for (const shard of shards) {
        const steps = stepsOn(shard);
        for (const entry of shard.ledger.entries) {
          if (steps.has(entry.version) && !isInTime(entry)) {
            counts.set(entry.version, (counts.get(entry.version) ?? 0) + 1);
          }
        }
      }
      return [...counts.keys()].sort(compareVersions).map((version) => ({
        version,
        message: `It stays on ${countOf(counts.get(version) ?? 0, "shard")}, as another run has applied it there since.`,
      }));
    },
  };
}

function stuckStep(
  shard: OpenShard,
  { version, why, later, notAttempted }: NonNullable<RunUndoJudgement["stays"]>,
  onDisk: ReadonlySet<string>,
): StuckStep {
  const error =
    why === "later"
      ? new PgMigError(`${later} comes after it, and is not of this run.`, {
          code: "UNDO_NOT_LATEST",
          hint: "Undo what came later first, then the run again.",
        })
      : onDisk.has(version)
        ? new PgMigError("Its dn file holds no statement: it would undo nothing.", {
            code: "UNDO_FILE_EMPTY",
            hint: "Write what undoes the version, or SELECT 1; if there is nothing to undo.",
          })
        : new PgMigError("It is not on disk.", {
            code: "VERSION_MISSING_ON_DISK",
            hint: "Undo the run from a branch that has the version.",
          });
  return { of: shard, ...placeOf(shard), version, notAttempted, error };
}

/** The versions of the run by the name of the node now, then by shard. Steps in doubt count: the ledger tells. */
function stepsByNode(
  { nodes: known, doneByVersion, inDoubt }: KnownRun,
  nodes: readonly OpenNode[],
): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const nameNow = new Map(nodes.map(({ node, identity }) => [nodeKey(identity), node.name]));
  const byLabel = new Map(known.map((one) => [one.node, nameNow.get(nodeKey(one))]));
  const steps = [
    ...doneByVersion.flatMap(({ version, shards }) => shards.map((of) => ({ ...of, version }))),
    ...inDoubt,
  ];
  const found = new Map<string, Map<string, string[]>>();
  for (const { node: label, shard, version } of steps) {
    const name = byLabel.get(label);
    if (name !== undefined) {
      const ofNode = found.get(name) ?? new Map<string, string[]>();
      found.set(name, ofNode);
      ofNode.set(shard, [...(ofNode.get(shard) ?? []), version]);
    }
  }
  return found;
}

/** A ledger has whole seconds of the clock by which the report was made. */
function appliedDuring({ startedAt, durationMs }: RunToUndo): (entry: LedgerEntry) => boolean {
  const startMs = Math.floor(Date.parse(startedAt) / 1000) * 1000;
  const endMs = Date.parse(startedAt) + durationMs;
  return ({ appliedAt = "" }) => {
    const atMs = Date.parse(appliedAt);
    return atMs >= startMs && atMs <= endMs;
  };
}

function refuseMissingNodes({ nodes, limited }: KnownRun, found: readonly OpenNode[]): void {
  const there = new Set(found.map(({ identity }) => nodeKey(identity)));
  const missing = nodes.filter((node) => !there.has(nodeKey(node))).map(({ node }) => node);
  if (missing.length > 0 && !limited) {
    throw notUndoable(
      `No host leads to these nodes of the run: ${missing.join(", ")}.`,
      "Add them to the setting `hosts`, or choose the others by the setting `only`.",
    );
  }
}

function notUndoable(message: string, hint: string): PgMigError {
  return new PgMigError(message, { code: "RUN_NOT_UNDOABLE", hint });
}
