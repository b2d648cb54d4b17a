import {
  type MigrationDirectory,
  nodeFileSystem,
  readMigrationDirectory,
} from "@pg-mig/migrations";
import { defaults, PgMigError, type Place } from "@pg-mig/model";
import type { ErrorInfo } from "@pg-mig/report";
import {
  errorInfo,
  type OpenCluster,
  onEachNode,
  openCluster,
  patience,
  placeOf,
} from "@pg-mig/sessions";
import { adoptingRecorder, adoptShard } from "./adopt-shard.js";
import type { UnreadShard } from "./compare-nodes.js";
import {
  type AdoptedShards,
  type AdoptionJudgement,
  judgeAdoption,
  type LedgerlessShards,
} from "./judge-adoption.js";
import {
  changedSince,
  findLedgerless,
  type Ledgerless,
  type ReadLimits,
  readLedgerless,
} from "./ledgerless-shards.js";
import { placeKey } from "./place-key.js";
import { refuseUnwritable } from "./refuse-obstacles.js";
import { replayFiles } from "./replay-files.js";
import { requireVersion } from "./require-version.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";
import { requireScratch } from "./scratch-server.js";
import type { ScratchUse } from "./scratch-use.js";
import { shardsByNode } from "./shards-by-node.js";
import { validShards } from "./valid-shards.js";

export interface AdoptOptions extends ClusterOptions, NoteOptions, ScratchUse {
  /**
   * The version that shards get which fit none or several. Only for shards that `only` chooses.
   * @default such shards get nothing
   */
  readonly as?: string | undefined;
  /** `dry`: writes nothing. @default "run" */
  readonly purpose?: "run" | "dry" | undefined;
  /** As for `apply`. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
  /** As for `apply`: a node that goes away while ledgers are written is waited for no longer. @default 600000 */
  readonly retryForMs?: number | undefined;
  /** As for `apply`. @default 0 */
  readonly waitMs?: number | "unlimited" | undefined;
  /** As for `apply`. @default false */
  readonly allowPooler?: boolean | undefined;
}

/** Which shards without a ledger are at which version. Plain data: it survives JSON. */
export interface AdoptionReport extends AdoptionJudgement {
  /**
   * - `ok`: every shard that needs a ledger has one now, or would get one;
   * - `failed`: some shard fits no version, or several;
   * - `unknown`: some shard could not be read or written to.
   */
  readonly outcome: "ok" | "failed" | "unknown";
  /** Host, port and database of each node. */
  readonly addresses: readonly string[];
  /** How many shards without a ledger there are. */
  readonly shards: number;
  /**
   * Shards that got nothing since the server, or another run, did not let them, or the node went away. One whose COMMIT
   * got no answer may have got its ledger nevertheless, as its error says.
   */
  readonly failed: readonly (Place & { readonly error: ErrorInfo })[];
}

/**
 * Finds out at which version shards are that have objects and no ledger: it runs the files on a scratch
 * database, and compares the shape after each version. A shard with the shape of just one version gets the
 * ledger of that version, in one transaction, under the check that it still has none. All others get
 * nothing, unless `as` insists. A shard that has a ledger is never touched, nor one that has changed since it was
 * read.
 *
 * @throws PgMigError `SCRATCH_MISSING`, `SCRATCH_FAILED`, `VERSION_UNKNOWN`, `ADOPT_UNNAMED`, `ADOPT_CONTRADICTED`,
 * `NODE_NOT_WRITABLE`, `RUN_LOCKED`, the error of a version that fails; what `readMigrationDirectory` and `connectNode` throw.
 */
export async function adopt(options: AdoptOptions): Promise<AdoptionReport> {
  const signal = options.signal ?? new AbortController().signal;
  const { onNote = () => {}, lockTimeoutMs = defaults.lockTimeoutMs } = options;
  const directory = await readMigrationDirectory(options.migrationDirectory, nodeFileSystem);
  requireScratch(options.scratch);
  const as = insistedVersion(options, directory);
  const cluster = await openCluster({
    ...options,
    action: "adopt",
    validShards: validShards(options, directory.versions),
    signal,
    onNote,
  });
  try {
    const ledgerless = findLedgerless(cluster, directory);
    const { found, unread } = await readLedgerless(cluster, ledgerless, { lockTimeoutMs, signal });
    const wanted = new Map<string, Set<string | undefined>>();
    for (const { prefix } of found) {
      const names = directory.versions.filter((one) => one.prefix === prefix);
      wanted.set(prefix, new Set([undefined, ...names.map(({ name }) => name)]));
    }
    const made =
      found.length === 0
        ? { major: 0, shapes: new Map() }
        : await replayFiles({ ...options, directory, wanted, signal, onNote });
    const judged = judgeAdoption(found, made, as);
    const { changed, failed } =
      options.purpose === "dry" || judged.adopted.length === 0
        ? { changed: [], failed: [] }
        : await writeLedgers(judged.adopted, {
            ...{ cluster, directory, ledgerless, found, ...options, lockTimeoutMs, signal },
          });
    const isLeft = judged.ambiguous.length + judged.unfit.length > 0;
    const all = [...unread, ...judged.unread, ...changed];
    return {
      outcome: all.length + failed.length > 0 ? "unknown" : isLeft ? "failed" : "ok",
      addresses: cluster.nodes.map(({ node }) => node.name).sort(),
      shards: ledgerless.length,
      ...judged,
      adopted: without(judged.adopted, [...changed, ...failed]),
      unread: all,
      failed,
    };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await cluster.close();
  }
}

function insistedVersion({ as, only }: AdoptOptions, directory: MigrationDirectory) {
  if (as === undefined) {
    return undefined;
  }
  const name = requireVersion(directory, as);
  if (only?.choice?.every(({ globs }) => globs.shard !== undefined) !== true) {
    throw new PgMigError(`It is not said which shards are at ${name}.`, {
      code: "ADOPT_UNNAMED",
      hint: "Name the shards with the setting `only`: shard=NAME.",
    });
  }
  return directory.versions.find((version) => version.name === name);
}

interface WriteOptions
  extends Pick<AdoptOptions, "waitMs" | "retryForMs" | "allowPooler">,
    ReadLimits {
  readonly cluster: OpenCluster;
  readonly directory: MigrationDirectory;
  readonly ledgerless: readonly Ledgerless[];
  /** With the shapes that they had. */
  readonly found: readonly LedgerlessShards[];
}

/**
 * Writes the ledgers, under the run lock and the check that a shard has none. Gives the shards that have changed
 * since they were read, which get nothing, and those that it could not write.
 *
 * @throws PgMigError `NODE_NOT_WRITABLE`, `RUN_LOCKED`
 */
async function writeLedgers(
  adopted: readonly AdoptedShards[],
  { cluster, directory, ledgerless, found, lockTimeoutMs, signal, ...options }: WriteOptions,
): Promise<{
  readonly changed: readonly UnreadShard[];
  readonly failed: AdoptionReport["failed"];
}> {
  const { waitMs = defaults.waitMs, allowPooler = false } = options;
  const versions = new Map(
    adopted.flatMap(({ version, shards }) => shards.map((place) => [placeKey(place), version])),
  );
  const isAdopted = (place: Place) => versions.has(placeKey(place));
  const byNode = shardsByNode(ledgerless.filter(({ shard }) => isAdopted(placeOf(shard))));
  await refuseUnwritable(cluster, cluster.nodes, ({ node }) => {
    const own = byNode.get(node) ?? [];
    const schemaOids = own.map(({ shard }) => shard.ledger.schemaOid);
    return schemaOids.length === 0 ? undefined : { schemaOids, inPublic: [] };
  });
  await cluster.lock({ waitMs, allowPooler });
  // Running the files may take minutes, and another program may work on the shards meanwhile.
  const toWrite = found.map((one) => ({ ...one, shards: one.shards.filter(isAdopted) }));
  const changed = await changedSince(cluster, toWrite, { lockTimeoutMs, signal });
  for (const place of changed) {
    versions.delete(placeKey(place));
  }
  const failed: (Place & { readonly error: ErrorInfo })[] = [];
  const { reconnectForMs } = patience(options);
  const how = {
    ...{ sessions: cluster.sessions, recorder: adoptingRecorder(directory) },
    ...{ lockTimeoutMs, reconnectForMs, signal },
  };
  await onEachNode(cluster.nodes, async ({ node }) => {
    let givenUp: unknown;
    for (const { shard } of byNode.get(node) ?? []) {
      const place = placeOf(shard);
      const version = versions.get(placeKey(place));
      if (version === undefined) {
        continue;
      }
      signal.throwIfAborted();
      const { error, lost } =
        givenUp === undefined ? await adoptShard(shard, version, how) : { error: givenUp };
      // Each attempt for one more shard would only wait for the node once more.
      givenUp ??= lost;
      if (error !== undefined) {
        failed.push({ ...place, error: errorInfo(error, place) });
      }
    }
  });
  return { changed, failed };
}

function without(
  adopted: readonly AdoptedShards[],
  left: readonly Place[],
): readonly AdoptedShards[] {
  const keys = new Set(left.map(placeKey));
  return adopted
    .map((one) => ({ ...one, shards: one.shards.filter((place) => !keys.has(placeKey(place))) }))
    .filter(({ shards }) => shards.length > 0);
}
