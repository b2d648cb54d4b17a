import type { Place, RolloutWave } from "@pg-mig/model";
import type { EditedFile } from "@pg-mig/report";
import { placeOf } from "@pg-mig/sessions";
import { applyKind } from "./apply.js";
import { makePlanFile } from "./make-plan-file.js";
import type { FileWarning } from "./migration-files.js";
import type { PlanFile } from "./plan-file.js";
import { refuseForce } from "./planned-apply.js";
import { type PlannedSql, plannedSql } from "./planned-sql.js";
import { plannedWaves, refuseImpossibleWaves } from "./planned-waves.js";
import { type PreparedRun, prepareRun } from "./prepare-run.js";
import { refuseObstacles } from "./refuse-obstacles.js";
import { refuseUnguarded } from "./refuse-unguarded.js";
import type { NoteOptions, RunOptions } from "./run-options.js";
import { undoKind } from "./undo.js";
import { findUnmatchedPrefixes, type UnmatchedPrefixWarning } from "./unmatched-prefixes.js";

/** What a run would do. Plain data: it survives JSON. */
export interface PlannedRun {
  readonly action: "apply" | "undo";
  /** The labels of the nodes that would be worked on. */
  readonly nodes: readonly string[];
  /** `host:port/database` of each, in the same order. */
  readonly addresses: readonly string[];
  /** Which of before.sql and after.sql would run, on every node. */
  readonly hooks: readonly string[];
  /** The chains, by node, then shard. */
  readonly chains: readonly (Place & { readonly pending: readonly string[] })[];
  /** With waves: which shards get versions in each, in their order; the last is `rest`. */
  readonly waves?: readonly PlannedWave[];
  /** Files that were edited after they were applied. */
  readonly edited: readonly EditedFile[];
  /** Files of the chains' versions that hold no statement. */
  readonly emptyFiles: readonly FileWarning[];
  /** Files of them that control their transactions, or that `\q` ends: they are not all or nothing, or not all. */
  readonly unusualFiles: readonly FileWarning[];
  /** Prefixes of versions on disk that match no schema; of an undo, none. */
  readonly unmatchedPrefixes: readonly UnmatchedPrefixWarning[];
  /** With `sql: true`: what is sent for each version, in the order of versions. */
  readonly sql?: readonly PlannedSql[];
  /** With `file: true`: the same as what can be kept and carried out later, by the option `planned` of `apply`. */
  readonly file?: PlanFile;
}

/** What a run would do in a wave. */
export interface PlannedWave {
  readonly name: string;
  /** How many shards it has in all. */
  readonly shards: number;
  /** Those that get versions: none, if it is done. */
  readonly pending: readonly Place[];
}

export interface DryRunOptions extends RunOptions, NoteOptions {
  /**
   * Whether the apply would make databases that are missing: they are planned for. Of no account for an undo.
   * @default false
   */
  readonly createDatabase?: boolean | undefined;
  /** The version to undo; `undefined`: plan an apply. */
  readonly undo?: string | undefined;
  /** Whether the very messages are wanted, too. @default false */
  readonly sql?: boolean | undefined;
  /** The waves of the apply, as `ApplyOptions` has them. Of no account for an undo. @default [], no waves */
  readonly waves?: readonly RolloutWave[] | undefined;
  /** Whether a plan is wanted that can be kept in a file. Not of an undo, and not with `force`. @default false */
  readonly file?: boolean | undefined;
  /** Plan what is left of this plan, with all checks. @default all that is pending */
  readonly planned?: PlanFile | undefined;
}

/**
 * Plans an apply or an undo, with all checks that come before one, and changes nothing.
 *
 * @throws PgMigError everything that keeps `apply` and `undo` from starting
 */
export async function dryRun(options: DryRunOptions): Promise<PlannedRun> {
  const { undo, origin, onNote = () => {}, signal = new AbortController().signal } = options;
  if (options.file === true) {
    refuseForce(options);
  }
  const waves = undo === undefined ? (options.waves ?? []) : [];
  refuseImpossibleWaves(waves, undefined);
  const run = await prepareRun(
    {
      ...options,
      createDatabase: undo === undefined && options.createDatabase,
      signal,
      onNote,
      purpose: "dry",
    },
    (directory) => (undo === undefined ? applyKind(directory) : undoKind(directory, undo)),
  );
  try {
    if (run.changesNodes) {
      await run.cluster.findPoolers({ allowPooler: options.allowPooler ?? false });
      refuseUnguarded(run.chains, run);
    }
    // Who makes a database may do all in it.
    const there = run.nodes.filter(({ isMissing }) => isMissing !== true);
    const nodesThere = new Set<object>(there.map(({ node }) => node));
    const chains = run.chains.filter(({ shard }) => nodesThere.has(shard.node));
    await refuseObstacles(run, { ...run, nodes: there, chains });
    if (options.throttle !== undefined && run.hasWork) {
      const { refuseUnseen } = await import("./throttle-watch.js");
      await refuseUnseen(options.throttle, run.cluster.sessions, there);
    }
    const nodes = run.cluster.nodes.map(({ node }) => node);
    return {
      action: run.kind.action,
      nodes: nodes.map(({ label }) => label),
      addresses: nodes.map(({ name }) => name),
      hooks: run.hasWork ? run.files.hooks.map(({ file }) => file) : [],
      chains: run.chains.map(({ shard, pending }) => ({ ...placeOf(shard), pending })),
      ...(waves.length === 0 ? {} : { waves: wavesOf(run, waves) }),
      edited: run.edited,
      emptyFiles: run.files.emptyFiles(run.chains.flatMap(({ pending }) => pending)),
      unusualFiles: run.files.unusualFiles(run.chains.flatMap(({ pending }) => pending)),
      unmatchedPrefixes:
        undo === undefined
          ? findUnmatchedPrefixes(run.directory.versions, run.cluster.schemas)
          : [],
      ...(options.sql === true ? { sql: await plannedSql(run, options) } : {}),
      ...(options.file === true
        ? {
            file: makePlanFile(run, {
              program: origin?.program ?? "pg-mig",
              partial: options.only !== undefined,
              now: new Date(),
            }),
          }
        : {}),
    };
  } finally {
    await run.cluster.close();
  }
}

function wavesOf(
  { directory, nodes, chains }: PreparedRun,
  waves: readonly RolloutWave[],
): readonly PlannedWave[] {
  const { versions } = directory;
  return plannedWaves({ waves, versions, nodes, chains }).map((wave) => ({
    name: wave.name,
    shards: wave.shards.length,
    pending: wave.chains.map(({ shard }) => placeOf(shard)),
  }));
}
