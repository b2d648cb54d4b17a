import {
  loadMigrationScripts,
  type MigrationDirectory,
  nodeFileSystem,
  readMigrationDirectory,
} from "@pg-mig/migrations";
import { buildPlan } from "@pg-mig/planner";
import { chainsOf } from "./chains-of.js";
import { onScratchStage } from "./on-scratch-stage.js";
import { readCluster } from "./read-cluster.js";
import { refuseShellCommandsOf } from "./refuse-shell-commands.js";
import { rehearseVersion, versionFiles } from "./rehearse-version.js";
import {
  isBad,
  type RehearsalReport,
  type RehearsedVersion,
  skippedVersion,
} from "./rehearsed-version.js";
import { requireVersion } from "./require-version.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { requireScratch } from "./scratch-server.js";
import type { ScratchUse } from "./scratch-use.js";

export interface RehearseOptions extends ClusterOptions, NoteOptions, ScratchUse {
  /**
   * Which versions are judged: by name, or by the name of a file; those that are pending on any shard, for
   * which the cluster is read; or all. Those before them run only to get there.
   * @default "pending"
   */
  readonly versions?: readonly string[] | "pending" | "all" | undefined;
  /** As for `apply`. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
  /** Told of each version that was judged, as soon as it is. */
  readonly onVersion?: ((version: RehearsedVersion) => void) | undefined;
}

/**
 * Tries versions where nothing can break: runs the versions of the directory, from nothing, in a
 * database of its own, one shard for each prefix; the chosen ones up, down and up again. The database
 * is dropped, whatever happens; if this process is killed, the next use of a scratch database drops it.
 *
 * @throws PgMigError `SCRATCH_MISSING`, `SCRATCH_FAILED`, `VERSION_UNKNOWN`; what `readMigrationDirectory`
 * and `connectNode` throw; the error of before.sql or after.sql. A version that fails is part of the report.
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalReport> {
  const { onNote = () => {}, onVersion = () => {} } = options;
  const signal = options.signal ?? new AbortController().signal;
  requireScratch(options.scratch);
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const chosen = await chosenVersions(directory, { ...options, signal });
  const versions: RehearsedVersion[] = [];
  const last = directory.versions.findLastIndex(({ name }) => chosen.has(name));
  if (last === -1) {
    return { outcome: "ok", where: "scratch", versions };
  }
  const needed = directory.versions.slice(0, last + 1);
  const scripts = await loadMigrationScripts(directory, {
    fs: nodeFileSystem,
    versions: needed.map(({ name }) => name),
  });
  if (options.allowShell !== true) {
    refuseShellCommandsOf(scripts);
  }
  const use = { ...options, signal, onNote };
  await onScratchStage("The rehearsal", use, async (stage) => {
    await stage.runHook(scripts.before);
    const broken = new Map<string, string>();
    for (const { name, prefix } of needed) {
      const files = versionFiles(scripts, name);
      const shard = await stage.shardOf(prefix);
      const reason = broken.get(prefix) ?? noShardReason(prefix);
      let told: RehearsedVersion | undefined;
      if (shard === undefined || broken.has(prefix)) {
        told = skippedVersion(name, reason);
      } else if (chosen.has(name)) {
        const tried = await rehearseVersion(shard, files);
        told = tried.told;
        if (tried.brokenBy !== undefined) {
          broken.set(prefix, tried.brokenBy);
        }
      } else {
        await shard.replay(files.up);
      }
      if (told !== undefined && chosen.has(name)) {
        versions.push(told);
        onVersion(told);
      }
    }
    if (last === directory.versions.length - 1 && broken.size === 0) {
      await stage.runHook(scripts.after);
    }
  });
  return { outcome: versions.some(isBad) ? "failed" : "ok", where: "scratch", versions };
}

const noShardReason = (prefix: string) => `no schema can have a name that begins with ${prefix}`;

async function chosenVersions(
  directory: MigrationDirectory,
  options: RehearseOptions,
): Promise<ReadonlySet<string>> {
  const { versions = "pending" } = options;
  if (versions === "all") {
    return new Set(directory.versions.map(({ name }) => name));
  }
  if (versions !== "pending") {
    return new Set(versions.map((text) => requireVersion(directory, text)));
  }
  return readCluster(options, "rehearse", directory.versions, ({ nodes }) => {
    const shards = nodes.flatMap((node) => node.shards);
    const chains = chainsOf(buildPlan({ versions: directory.versions, shards }));
    return new Set(chains.flatMap(({ pending }) => pending));
  });
}
