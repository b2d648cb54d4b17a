import { createRun, type Report, ReportBuilder, type Run, type RunEvent } from "@pg-mig/executor";
import type { ShardLedger } from "@pg-mig/ledger";
import {
  type Direction,
  type MigrationDirectory,
  nodeFileSystem,
  readMigrationDirectory,
} from "@pg-mig/migrations";
import type { Chain } from "@pg-mig/planner";
import { findEditedFiles, refuseEditedFiles } from "./edited-files.js";
import { MigrationFiles } from "./migration-files.js";
import { type OpenNode, openCluster } from "./open-cluster.js";
import { RunContext } from "./run-context.js";
import type { ApplyOptions } from "./run-options.js";
import { latestOfShards } from "./shard-ledgers.js";

/** What makes an apply an apply, and an undo an undo. */
export interface RunKind {
  readonly action: "apply" | "undo";
  readonly direction: Direction;
  /** @throws PgMigError where a shard cannot be planned for */
  plan(nodes: readonly OpenNode[]): readonly Chain[];
  /** The same for one shard, whose ledger changed during the run. */
  replan(ledger: ShardLedger): readonly string[];
  /** What the digest of every node is while the run goes on; `undefined`: what it was. */
  readonly digestMeanwhile: "before-undo" | undefined;
  readonly digestAfter: string;
  /** What schemas that appear during the run get: a round of their own, or nothing. */
  readonly newSchemas: "go round again" | "ignore";
}

/** Starts an apply or an undo: the course of a run, from the directory's names to the digest. */
export function startRun(
  options: ApplyOptions,
  kindOf: (directory: MigrationDirectory) => RunKind,
): Run {
  return createRun((emit) => run(options, kindOf, emit));
}

async function run(
  options: ApplyOptions,
  kindOf: (directory: MigrationDirectory) => RunKind,
  send: (event: RunEvent) => void,
): Promise<Report> {
  const startedAtMs = Date.now();
  const signal = options.signal ?? new AbortController().signal;
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const kind = kindOf(directory);
  const report = new ReportBuilder(kind.action, startedAtMs);
  const emit = (event: RunEvent) => {
    report.add(event);
    send(event);
  };
  const onNote = (message: string) => emit({ type: "note", message });
  const cluster = await openCluster({ ...options, signal, onNote });
  try {
    let { nodes } = cluster;
    let chains = kind.plan(nodes);
    const edited = await findEditedFiles(directory, nodes);
    if (options.editedFiles === "error") refuseEditedFiles(edited);
    const files = await MigrationFiles.open(directory, kind.direction);
    await files.load(chains.flatMap(({ pending }) => pending));
    const context = new RunContext({ ...options, signal, cluster, files, emit, report, kind });
    emit({
      type: "run:start",
      action: kind.action,
      nodes: nodes.map(({ node }) => node.label),
      shards: nodes.reduce((sum, { ledger }) => sum + ledger.shards.length, 0),
      ...totals(chains),
    });
    const finish = (outcome: Report["outcome"], now: readonly OpenNode[]): Report => {
      const built = report.build(outcome, Date.now(), { latest: latestOfShards(now), edited });
      emit({ type: "run:done", report: built });
      return built;
    };
    const hooksAreDue = options.force === true || !nodes.every((open) => context.isCurrent(open));
    const work = chains.length > 0 || (kind.action === "apply" && hooksAreDue && files.hooks.length > 0);
    if (work) {
      await context.markStarted();
      for (let round = 1; round === 1 || chains.length > 0; round++) {
        if (round > 1) emit({ type: "round:start", round, ...totals(chains) });
        if (!(await context.runRound(chains, nodes))) {
          const outcome = signal.aborted ? "interrupted" : "failed";
          return finish(outcome, await cluster.readReachable());
        }
        nodes = await cluster.readLedgers();
        chains = kind.newSchemas === "ignore" ? [] : kind.plan(nodes);
      }
    }
    if (work || kind.action === "apply") await context.markFinished(nodes);
    return finish(work ? "done" : "nothing-to-do", nodes);
  } finally {
    await cluster.close();
  }
}

function totals(chains: readonly Chain[]): { chains: number; steps: number } {
  return {
    chains: chains.length,
    steps: chains.reduce((sum, { pending }) => sum + pending.length, 0),
  };
}
