import {
  type MigrationDirectory,
  nodeFileSystem,
  readMigrationDirectory,
} from "@pg-mig/migrations";
import type { Chain } from "@pg-mig/planner";
import { countOf, type EditedFile, type RunEvent } from "@pg-mig/report";
import {
  type Only,
  type OpenCluster,
  type OpenNode,
  type OpenShard,
  openCluster,
} from "@pg-mig/sessions";
import { chainsOf } from "./chains-of.js";
import { findEditedFiles, refuseEditedFiles } from "./edited-files.js";
import { MigrationFiles } from "./migration-files.js";
import type { PlanFile } from "./plan-file.js";
import {
  holdsHooks,
  isPlannedNode,
  judgePlannedApply,
  movedFiles,
  type PlannedApply,
  plannedDirectory,
  plannedKind,
  refuseForce,
  refuseMoved,
} from "./planned-apply.js";
import { refuseEmptyFiles } from "./refuse-empty-files.js";
import { refuseUnusualFiles } from "./refuse-unusual-files.js";
import { isFingerprintCurrent } from "./rerun-fingerprint.js";
import type { RunKind } from "./run-kind.js";
import type { ApplyOptions } from "./run-options.js";
import { leftOutNote, validShards } from "./valid-shards.js";

/** What is to be done, by one reading of the ledgers. */
export interface RunPlan {
  /** The nodes as they were read. */
  readonly nodes: readonly OpenNode[];
  readonly chains: readonly Chain<OpenShard>[];
  readonly edited: readonly EditedFile[];
  /** Whether anything is to be run: chains, or before.sql and after.sql alone. */
  readonly hasWork: boolean;
  /** Whether any node is to be changed: by what is run, or to remember that all is done. */
  readonly changesNodes: boolean;
  /** Whether all shards are done when it is: only then is that remembered. */
  readonly isWhole: boolean;
}

/** A run that is planned and checked, and has changed nothing yet. */
export interface PreparedRun extends RunPlan {
  readonly kind: RunKind;
  readonly directory: MigrationDirectory;
  /** To be closed by whoever prepared the run. */
  readonly cluster: OpenCluster;
  /** The files of the chains' versions, loaded, and before.sql and after.sql. */
  readonly files: MigrationFiles;
  /** Plans and checks anew, from what the nodes are by now. */
  planAgain(nodes: readonly OpenNode[]): Promise<RunPlan>;
  /** {@link RunPlan.isWhole}, of what the nodes are by now. */
  isWholeOn(nodes: readonly OpenNode[]): boolean;
}

export interface PrepareRunOptions extends ApplyOptions {
  readonly signal: AbortSignal;
  /** Whether the run comes to pass. */
  readonly purpose: "run" | "dry";
  /** Told what the user should know and is no error. */
  readonly onNote: (message: string) => void;
  /** Told when a node goes away after the first reading, comes back, or is given up, and what a session waits for. */
  readonly emit?: ((event: RunEvent) => void) | undefined;
  /** Told of a bug of the tool that was met while the sessions were watched. */
  readonly onBug?: ((bug: unknown) => void) | undefined;
}

/**
 * Does all of a run that changes nothing: reads the directory, finds and reads the nodes, plans, and
 * checks every file that the plan needs. So whatever is wrong is known before anything is changed.
 */
export async function prepareRun(
  options: PrepareRunOptions,
  kindOf: (directory: MigrationDirectory) => RunKind,
): Promise<PreparedRun> {
  const { purpose, onNote, planned } = options;
  if (planned !== undefined) {
    refuseForce(options);
  }
  const onDisk = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const directory = planned === undefined ? onDisk : plannedDirectory(planned, onDisk);
  const unplanned = kindOf(directory);
  const action = purpose === "dry" ? "dry" : unplanned.action;
  const valid = validShards(options, directory.versions);
  const { keep } = unplanned;
  const strangers: OpenNode[] = [];
  const cluster = await openCluster({
    ...options,
    action,
    validShards: valid,
    ...(keep === undefined ? {} : { keep }),
    ...(planned === undefined ? {} : atPlannedNodes(planned, strangers)),
  });
  try {
    const files = await MigrationFiles.open(directory, unplanned.direction);
    const kind =
      planned === undefined
        ? ((await unplanned.bind?.(cluster.nodes, files)) ?? unplanned)
        : plannedKind(unplanned, planned, cluster.nodes);
    const limited = options.only !== undefined;
    const toCarryOut = planned && { plan: planned, onDisk, strangers, limited };
    const told = new Set<string>();
    const onPlanNote = (note: string) => {
      if (!told.has(note)) {
        onNote(note);
      }
      told.add(note);
    };
    const planAgain = (nodes: readonly OpenNode[]) =>
      planRun(nodes, { options, directory, kind, files, planned: toCarryOut, onPlanNote });
    const plan = await planAgain(cluster.nodes);
    if (options.only !== undefined) {
      onNote(partialNote(cluster.nodes, options.only));
    } else if (valid !== undefined) {
      const note = leftOutNote(cluster.nodes, directory.versions);
      if (note !== undefined) {
        onNote(note);
      }
    }
    const isWholeOn = (nodes: readonly OpenNode[]) =>
      !limited && (toCarryOut === undefined || judgePlannedApply(toCarryOut, nodes).isWhole);
    return { kind, directory, cluster, files, planAgain, isWholeOn, ...plan };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** The databases of a plan are there: none is made. Other nodes are left out. */
function atPlannedNodes(plan: PlanFile, strangers: OpenNode[]) {
  const isPlanned = isPlannedNode(plan);
  return {
    createDatabase: false,
    keep(open: OpenNode) {
      const keeps = isPlanned(open);
      if (!keeps) {
        strangers.push(open);
      }
      return keeps;
    },
  };
}

interface PlanRunOptions {
  readonly options: ApplyOptions;
  readonly directory: MigrationDirectory;
  readonly kind: RunKind;
  readonly files: MigrationFiles;
  /** The plan that is carried out, if there is one. */
  readonly planned: PlannedApply | undefined;
  /** Told what a user should know of the plan. */
  readonly onPlanNote: (note: string) => void;
}

async function planRun(
  nodes: readonly OpenNode[],
  { options, directory, kind, files, planned, onPlanNote }: PlanRunOptions,
): Promise<RunPlan> {
  const plan = kind.plan(nodes.flatMap(({ shards }) => shards));
  const state = planned && judgePlannedApply(planned, nodes);
  // Alone, the hooks are for the whole cluster: a run that is limited leaves them to the next one.
  const isWhole = options.only === undefined && state?.isWhole !== false;
  const isFinished = nodes.every((node) => isFingerprintCurrent(node, files));
  // An undo that broke off is finished by one that finds nothing left to undo.
  const isUnfinished =
    kind.action === "apply"
      ? !isFinished
      : nodes.some(({ ledger }) => ledger.digest === kind.digestMeanwhile);
  const hooksAreDue =
    files.hooks.length > 0 &&
    (options.force === true || (isWhole && isUnfinished)) &&
    (planned === undefined || holdsHooks(planned.plan));
  if (planned !== undefined && state !== undefined) {
    const willRun = plan.chains.length > 0 || hooksAreDue;
    const ofFiles = willRun ? await movedFiles(planned.plan, directory, files) : [];
    refuseMoved([...ofFiles, ...state.moves]);
    state.notes.forEach(onPlanNote);
  }
  const chains = chainsOf(plan);
  const edited = await findEditedFiles(directory, nodes);
  if (options.editedFiles === "error") {
    refuseEditedFiles(edited);
  }
  const versions = chains.flatMap(({ pending }) => pending);
  await files.load(versions);
  if (kind.action === "undo") {
    refuseEmptyFiles(files.emptyFiles(versions));
  }
  if (options.unusualFiles === "error") {
    refuseUnusualFiles(files.unusualFiles(versions));
  }
  const hasWork = chains.length > 0 || hooksAreDue;
  if (hasWork && options.allowShell !== true) {
    const { refuseShellCommands } = await import("./refuse-shell-commands.js");
    refuseShellCommands(files.scripts);
  }
  const isUnsaved =
    kind.action === "apply" && nodes.some(({ ledger }) => ledger.digest !== kind.digestAfter);
  const changesNodes = hasWork || (isWhole && (isUnfinished || isUnsaved));
  return { nodes, chains, edited, hasWork, changesNodes, isWhole };
}

function partialNote(nodes: readonly OpenNode[], { part }: Only): string {
  const shards = nodes.reduce((sum, open) => sum + open.shards.length, 0);
  const counts = `${countOf(shards, "shard")} on ${countOf(nodes.length, "node")}`;
  if (part === undefined) {
    return `A partial run (the setting \`only\`) of ${counts}. It saves no digest; the next run without the setting \`only\` finishes the rest.`;
  }
  return `Part ${part.index} of ${part.of} (the setting \`part\`): ${counts}. It saves no digest; a run without the setting \`part\` does. $parallelism_global and $run_alone limit this part alone: other parts do not count.`;
}
