import { withVariables } from "@pg-mig/executor";
import {
  compareVersions,
  loadMigrationScripts,
  type MigrationDirectory,
  nodeFileSystem,
  readMigrationDirectory,
} from "@pg-mig/migrations";
import { defaults, PgMigError } from "@pg-mig/model";
import { buildPlan } from "@pg-mig/planner";
import { type OpenNode, type OpenShard, openCluster, placeOf } from "@pg-mig/sessions";
import { brokenOff } from "./broken-off.js";
import { chainsOf } from "./chains-of.js";
import { LiveStage } from "./live-stage.js";
import { refuseUnwritable } from "./refuse-obstacles.js";
import { rehearseVersion, type VersionFiles, versionFiles } from "./rehearse-version.js";
import {
  isBad,
  type RehearsalReport,
  type RehearsedVersion,
  skippedVersion,
} from "./rehearsed-version.js";
import { requireVersion } from "./require-version.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { validShards } from "./valid-shards.js";

export interface RehearseOnShardOptions extends ClusterOptions, NoteOptions {
  /** The name of the shard. */
  readonly shard: string;
  /** Which versions are judged, by name; those before them run only to get there. @default what the shard has still to run */
  readonly versions?: readonly string[] | "pending" | undefined;
  /** The longest that a statement waits for a lock, in milliseconds. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
  /** The longest that a statement may take, in milliseconds. @default 5000 */
  readonly statementTimeoutMs?: number | undefined;
  /** As for `apply`. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Told of each version that was judged, as soon as it is. */
  readonly onVersion?: ((version: RehearsedVersion) => void) | undefined;
}

/**
 * Tries versions on a live shard, with its rows: up, down and up again, in one transaction that is rolled
 * back. It waits for locks and lets statements run only for so long, and tries nothing more after one
 * that took longer. Runs no shell commands, and no before.sql and after.sql; a version that does not fit
 * into such a transaction is skipped, with the reason, and so are those after it. A rollback does not take back
 * the numbers that sequences gave, nor what a file does outside of the database.
 *
 * @throws PgMigError `SHARD_UNKNOWN`, `SHARD_TAKEN`, `LEDGER_CHANGED`, `VERSION_UNKNOWN`, `NODE_NOT_WRITABLE`; what
 * `readMigrationDirectory` and `connectNode` throw. A version that fails is part of the report.
 */
export async function rehearseOnShard(options: RehearseOnShardOptions): Promise<RehearsalReport> {
  const { onVersion = () => {}, env = {} } = options;
  const { lockTimeoutMs = defaults.lockTimeoutMs } = options;
  const { statementTimeoutMs = defaults.statementTimeoutMs } = options;
  const signal = options.signal ?? new AbortController().signal;
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const cluster = await openCluster({
    ...options,
    action: "rehearse",
    validShards: validShards(options, directory.versions),
    signal,
    onNote: options.onNote ?? (() => {}),
  });
  const onAbort = () => void cluster.sessions.cancelAll();
  signal.addEventListener("abort", onAbort);
  let node = "";
  try {
    const shard = shardNamed(options.shard, cluster.nodes);
    node = shard.node.label;
    const [chain] = chainsOf(buildPlan({ versions: directory.versions, shards: [shard] }));
    const pending = chain?.pending ?? [];
    const chosen = chosenVersions(options, pending, directory);
    const versions: RehearsedVersion[] = [];
    const tell = (told: RehearsedVersion) => {
      versions.push(told);
      onVersion(told);
    };
    for (const name of chosen.filter((one) => !pending.includes(one))) {
      const isThere = shard.versions.includes(name);
      tell(skippedVersion(name, isThere ? "the shard has it" : "it is not for this shard"));
    }
    const needed = pending.slice(0, pending.findLastIndex((name) => chosen.includes(name)) + 1);
    const scripts = await loadMigrationScripts(directory, { fs: nodeFileSystem, versions: needed });
    const where = placeOf(shard);
    if (needed.length === 0) {
      return { outcome: "ok", where, versions };
    }
    const open = cluster.nodes.filter(({ node: one }) => one === shard.node);
    const toStore = { schemaOids: [shard.ledger.schemaOid], inPublic: [] };
    await refuseUnwritable(cluster, open, () => toStore);
    const session = await cluster.sessions.acquire(shard.node);
    const onlooker = await cluster.sessions.acquire(shard.node);
    try {
      const { ledger } = shard;
      const hosts = cluster.nodes.map(({ node }) => node.name).join(",");
      const stage = await LiveStage.begin({
        ...{ ledger, session, onlooker, lockTimeoutMs, statementTimeoutMs, signal },
        env: withVariables(
          { ...env, PG_MIG_HOSTS: hosts },
          cluster.sessions.environmentOf(session),
        ),
      });
      await tryVersions(
        stage,
        needed.map((name) => versionFiles(scripts, name)),
        { chosen, tell },
      );
      const isUnknown = stage.gaveUp !== undefined;
      const outcome = versions.some(isBad) ? "failed" : isUnknown ? "unknown" : "ok";
      const { blockedBy } = stage;
      return {
        ...{ outcome, where, versions: versions.sort(byName) },
        ...(blockedBy.length > 0 ? { blockedBy } : {}),
      };
    } finally {
      session.reset("droppable");
      cluster.sessions.release(session);
      cluster.sessions.release(onlooker);
    }
  } catch (error) {
    // Whatever the end of a statement looks like: it was asked for.
    signal.throwIfAborted();
    throw brokenOff(error, "The rehearsal", { code: "NODE_UNREADABLE", node });
  } finally {
    signal.removeEventListener("abort", onAbort);
    await cluster.close();
  }
}

/** Tries versions one after the other. Those that are not chosen only run, and those after one that did not are skipped. */
async function tryVersions(
  stage: LiveStage,
  needed: readonly VersionFiles[],
  {
    chosen,
    tell,
  }: {
    readonly chosen: readonly string[];
    readonly tell: (told: RehearsedVersion) => void;
  },
): Promise<void> {
  let brokenBy: string | undefined;
  for (const files of needed) {
    const { version } = files.up;
    const reason = stage.gaveUp ?? brokenBy;
    if (reason !== undefined) {
      tell(skippedVersion(version, reason));
    } else if (chosen.includes(version)) {
      const tried = await rehearseVersion(stage, files);
      tell(tried.told);
      ({ brokenBy } = tried);
    } else {
      const { error, untried } = await stage.run(files.up);
      if (error !== undefined) {
        throw error;
      }
      brokenBy = untried && `${version} could not be tried: ${untried}`;
    }
  }
}

function byName(a: RehearsedVersion, b: RehearsedVersion): number {
  return compareVersions(a.version, b.version);
}

function chosenVersions(
  { versions = "pending" }: Pick<RehearseOnShardOptions, "versions">,
  pending: readonly string[],
  directory: MigrationDirectory,
): readonly string[] {
  return versions === "pending"
    ? pending
    : versions.map((text) => requireVersion(directory, text)).sort();
}

function shardNamed(name: string, nodes: readonly OpenNode[]): OpenShard {
  const [shard, another] = nodes.flatMap(({ shards }) => shards.filter((one) => one.name === name));
  if (shard === undefined) {
    throw new PgMigError(`There is no shard "${name}" to rehearse on.`, {
      code: "SHARD_UNKNOWN",
      hint: "Name a shard that `pg-mig status` shows.",
    });
  }
  if (another !== undefined) {
    const on = nodes.filter(({ shards }) => shards.some((one) => one.name === name));
    throw new PgMigError(
      `The shard "${name}" is on several nodes: ${on.map(({ node }) => node.label).join(", ")}.`,
      {
        code: "SHARD_UNKNOWN",
        hint: "Choose one of the nodes with the setting `only`: host=NAME.",
      },
    );
  }
  return shard;
}
