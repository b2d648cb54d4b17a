import { chooseDigest } from "@pg-mig/ledger";
import { codeDigest, nodeFileSystem, readMigrationDirectory } from "@pg-mig/migrations";
import { comparePlaces, isPgMigError, type RolloutWave, type WaveGate } from "@pg-mig/model";
import { buildPlan, type Violation, type Wave } from "@pg-mig/planner";
import type { EditedFile } from "@pg-mig/report";
import { type OpenNode, type OpenShard, placeOf } from "@pg-mig/sessions";
import { findEditedFiles } from "./edited-files.js";
import { type FileWarning, MigrationFiles } from "./migration-files.js";
import { plannedWaves, refuseImpossibleWaves } from "./planned-waves.js";
import { readCluster } from "./read-cluster.js";
import { isFingerprintCurrent } from "./rerun-fingerprint.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { soakingSince } from "./soaking-since.js";
import { findUnmatchedPrefixes, type UnmatchedPrefixWarning } from "./unmatched-prefixes.js";

/** A version that a shard has. */
export interface ShardVersion {
  readonly version: string;
  /** When it was applied, in ISO 8601; missing: the ledger does not tell, as if another tool applied it. */
  readonly appliedAt?: string | undefined;
  /**
   * The first 16 hex digits of the SHA-256 of the file that was applied; missing: the ledger does not tell.
   */
  readonly checksum?: string | undefined;
  /**
   * Whether that is the file on disk: `same`, `edited` since, `missing` there, or `unknown`, since the ledger has no
   * checksum.
   */
  readonly file: "same" | "edited" | "missing" | "unknown";
}

/** What one shard has and has not. */
export interface ShardStatus {
  readonly shard: string;
  /** How many versions are applied. */
  readonly applied: number;
  /** The latest of them; `undefined`: none. */
  readonly latest: string | undefined;
  /** When that was applied, in ISO 8601; missing: the ledger does not tell. */
  readonly latestAt?: string | undefined;
  /** All of them, oldest first; missing: nobody chose shards (`only`), or more than ten are chosen. */
  readonly versions?: readonly ShardVersion[];
  /** The versions that it still has to run, in order. */
  readonly pending: readonly string[];
  /** Why nothing can be planned for it, if so. */
  readonly violation: Pick<Violation, "code" | "message" | "hint"> | undefined;
}

/** What one node has. */
export interface NodeStatus {
  /** The node's label. */
  readonly node: string;
  /** `host:port/db` */
  readonly address: string;
  readonly digest: string | undefined;
  /**
   * - `current`: the last run finished, with before.sql, after.sql and schemas as they are now;
   * - `unfinished`: a run is under way, or the last one did not finish;
   * - `changed`: before.sql, after.sql or the list of schemas is another one since, or nothing ran yet.
   */
  readonly lastRun: "current" | "unfinished" | "changed";
  /** By name, in code-unit order: those that some version on disk or some ledger is about. */
  readonly shards: readonly ShardStatus[];
}

/** The map of versions over nodes and shards. Plain data: it survives JSON. */
export interface ClusterStatus {
  /** The digest of the versions on disk. */
  readonly codeDigest: string;
  /** The digest of the cluster. */
  readonly databaseDigest: string;
  readonly nodes: readonly NodeStatus[];
  /** Which of before.sql and after.sql there are. */
  readonly hooks: readonly string[];
  /** Files that were edited after they were applied. */
  readonly edited: readonly EditedFile[];
  /** Files of pending versions that hold no statement; none if some pending file is invalid. */
  readonly emptyFiles: readonly FileWarning[];
  /** Prefixes of versions on disk that match no schema. */
  readonly unmatchedPrefixes: readonly UnmatchedPrefixWarning[];
  /** How far the waves of the rollout are, in their order, if there are any. */
  readonly waves?: readonly WaveStatus[];
}

type GateQuestion = "sql" | "command" | "http" | "alike";

/** How far a wave is. */
export interface WaveStatus {
  readonly name: string;
  readonly shards: number;
  /** On how many of its shards anything is pending; 0: it is done. */
  readonly pendingShards: number;
  /** For how long it soaks on before the next wave may start, in milliseconds; 0 if it is not done. */
  readonly soakLeftMs: number;
  /** What its gate asks, after that and before the next wave may start; missing: it has none. */
  readonly gate?: GateQuestion;
}

/** The versions of so many shards are listed one by one. */
const mostListed = 10;

export interface StatusOptions extends ClusterOptions, NoteOptions {
  /** The waves of the rollout but the last. @default [], no rollout */
  readonly waves?: readonly RolloutWave[] | undefined;
}

/**
 * Reads what every shard has and has not, and changes nothing. One query per node.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`, `NO_PRIMARY`, `LEDGER_UNREADABLE`. A shard that does not fit the versions on
 * disk is part of the status.
 */
export async function status(options: StatusOptions): Promise<ClusterStatus> {
  const { waves = [] } = options;
  refuseImpossibleWaves(waves, undefined);
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  const files = await MigrationFiles.open(directory, "up");
  return readCluster(options, "status", directory.versions, async ({ nodes, schemas }) => {
    const plan = buildPlan({
      versions: directory.versions,
      shards: nodes.flatMap(({ shards }) => shards),
    });
    const pending = new Map(plan.chains.map((chain) => [chain.shard, chain.pending]));
    const violations = new Map(plan.violations.map((violation) => [violation.shard, violation]));
    const edited = await findEditedFiles(directory, nodes);
    const chosen = nodes.reduce((sum, { shards }) => sum + shards.length, 0);
    const versionsOf =
      options.only !== undefined && chosen <= mostListed
        ? shardVersions(
            directory.versions.map(({ name }) => name),
            edited,
          )
        : undefined;
    return {
      codeDigest: codeDigest(directory.versions),
      databaseDigest: chooseDigest(nodes.map(({ ledger }) => ledger.digest)),
      nodes: nodes.map((open) => ({
        node: open.node.label,
        address: open.node.name,
        digest: open.ledger.digest,
        lastRun: lastRun(open, files),
        shards: open.shards
          .map((shard): ShardStatus => {
            const violation = violations.get(shard);
            return {
              shard: shard.name,
              applied: shard.versions.length,
              latest: shard.versions.at(-1),
              latestAt: shard.ledger.entries.at(-1)?.appliedAt,
              ...(versionsOf === undefined ? {} : { versions: versionsOf(shard) }),
              pending: pending.get(shard) ?? [],
              violation: violation && {
                code: violation.code,
                message: violation.message,
                hint: violation.hint,
              },
            };
          })
          .filter(({ applied, pending: { length } }) => applied + length > 0),
      })),
      hooks: files.hooks.map(({ file }) => file),
      edited,
      emptyFiles: await emptyFiles(
        files,
        plan.chains.flatMap((chain) => chain.pending),
      ),
      unmatchedPrefixes: findUnmatchedPrefixes(directory.versions, schemas),
      ...(waves.length === 0
        ? {}
        : {
            waves: waveStatus(
              waves,
              plannedWaves({ waves, versions: directory.versions, nodes, chains: plan.chains }),
              Date.now(),
            ),
          }),
    };
  });
}

/** What the ledger of a shard tells of each of its versions, beside the files on disk. */
function shardVersions(
  onDisk: readonly string[],
  edited: readonly EditedFile[],
): (shard: OpenShard) => readonly ShardVersion[] {
  const known = new Set(onDisk);
  return (shard) => {
    const place = placeOf(shard);
    const editedHere = new Set(
      edited
        .filter(({ shards }) => shards.some((other) => comparePlaces(other, place) === 0))
        .map(({ version }) => version),
    );
    return shard.ledger.entries.map(({ version, appliedAt, checksum }) => ({
      ...{ version, appliedAt, checksum },
      file: !known.has(version)
        ? "missing"
        : checksum === undefined
          ? "unknown"
          : editedHere.has(version)
            ? "edited"
            : "same",
    }));
  };
}

function waveStatus(
  rules: readonly RolloutWave[],
  waves: readonly Wave<OpenShard>[],
  nowMs: number,
): readonly WaveStatus[] {
  return waves.map(({ name, shards, chains }, index) => {
    const soakMs = chains.length > 0 ? 0 : (rules[index]?.soakMs ?? 0);
    const endsAtMs = soakingSince(shards, { startedAtMs: nowMs, nowMs }) + soakMs;
    return {
      name,
      shards: shards.length,
      pendingShards: chains.length,
      soakLeftMs: soakMs === 0 ? 0 : Math.max(0, endsAtMs - nowMs),
      ...gateOf(rules[index]?.gate),
    };
  });
}

function gateOf(gate: WaveGate | undefined): Pick<WaveStatus, "gate"> {
  const questions: readonly GateQuestion[] = ["sql", "command", "http", "alike"];
  const asked = questions.find((question) => gate?.[question] !== undefined);
  return asked === undefined ? {} : { gate: asked };
}

async function emptyFiles(
  files: MigrationFiles,
  versions: readonly string[],
): Promise<readonly FileWarning[]> {
  try {
    await files.load(versions);
    return files.emptyFiles(versions);
  } catch (error) {
    // What is wrong with a file keeps an apply from starting, and nobody from asking for the status.
    if (isPgMigError(error)) {
      return [];
    }
    throw error;
  }
}

function lastRun(open: OpenNode, files: MigrationFiles): NodeStatus["lastRun"] {
  if (open.ledger.fingerprint === "") {
    return "unfinished";
  }
  return isFingerprintCurrent(open, files) ? "current" : "changed";
}
