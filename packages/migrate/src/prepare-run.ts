import type { EditedFile } from "@pg-mig/executor";
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
import { type OpenCluster, type OpenNode, openCluster } from "./open-cluster.js";
import { rerunFingerprint } from "./rerun-fingerprint.js";
import type { ApplyOptions } from "./run-options.js";
import { refuseShellCommands } from "./shell-commands.js";

/** What makes an apply an apply, and an undo an undo. */
export interface RunKind {
  readonly action: "apply" | "undo";
  readonly direction: Direction;
  /** @throws PgMigError where a shard cannot be planned for */
  plan(nodes: readonly OpenNode[]): readonly Chain[];
  /** The same for one shard, whose ledger changed during the run; `node` is its node's label. */
  replan(ledger: ShardLedger, node: string): readonly string[];
  /** What the digest of every node is while the run goes on; `undefined`: what it was. */
  readonly digestMeanwhile: "before-undo" | undefined;
  readonly digestAfter: string;
  /** What schemas that appear during the run get: a round of their own, or nothing. */
  readonly newSchemas: "go round again" | "ignore";
}

/** A run that is planned and checked, and has changed nothing yet. */
export interface PreparedRun {
  readonly kind: RunKind;
  /** To be closed by whoever prepared the run. */
  readonly cluster: OpenCluster;
  readonly chains: readonly Chain[];
  /** The files of the chains' versions, loaded, and before.sql and after.sql. */
  readonly files: MigrationFiles;
  readonly edited: readonly EditedFile[];
  /** Whether anything is to be run: chains, or before.sql and after.sql alone. */
  readonly hasWork: boolean;
}

/**
 * Does all of a run that changes nothing: reads the directory, finds and reads the nodes, plans, and
 * checks every file that the plan needs. So whatever is wrong is known before anything is changed.
 */
export async function prepareRun(
  options: ApplyOptions & { readonly signal: AbortSignal },
  kindOf: (directory: MigrationDirectory) => RunKind,
  onNote: (message: string) => void,
): Promise<PreparedRun> {
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const kind = kindOf(directory);
  const cluster = await openCluster({ ...options, onNote });
  try {
    const chains = kind.plan(cluster.nodes);
    const edited = await findEditedFiles(directory, cluster.nodes);
    if (options.editedFiles === "error") refuseEditedFiles(edited);
    const files = await MigrationFiles.open(directory, kind.direction);
    await files.load(chains.flatMap(({ pending }) => pending));
    const hooksAreDue =
      kind.action === "apply" &&
      files.hooks.length > 0 &&
      (options.force === true ||
        // Alone, they are for the whole cluster: a run that is limited leaves them to the next one.
        (options.only === undefined &&
          !cluster.nodes.every((node) => isFingerprintCurrent(node, files))));
    const hasWork = chains.length > 0 || hooksAreDue;
    if (hasWork && options.allowShell !== true) refuseShellCommands(files.scripts);
    if (options.only !== undefined) onNote(partialNote(cluster.nodes));
    return { kind, cluster, chains, files, edited, hasWork };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

function partialNote(nodes: readonly OpenNode[]): string {
  const shards = nodes.reduce((sum, open) => sum + open.shards.length, 0);
  return `A partial run (--only), with shards: ${shards}, nodes: ${nodes.length}. It saves no digest; the next run without --only finishes the rest.`;
}

/** The fingerprint that a node gets when a run finished on it as it is now. */
export function currentFingerprint({ ledger }: OpenNode, files: MigrationFiles): string {
  return rerunFingerprint(
    ledger.shards.map(({ shard }) => shard),
    files.hooks.map(({ script }) => script.text),
  );
}

/** Whether before.sql and after.sql ran on a node, and neither they nor its schemas changed since. */
export function isFingerprintCurrent(open: OpenNode, files: MigrationFiles): boolean {
  return open.ledger.fingerprint === currentFingerprint(open, files);
}
