import { type Shape, serverFamily } from "@pg-mig/catalog";
import type { MigrationDirectory } from "@pg-mig/migrations";
import { comparePlaces, PgMigError, type Place } from "@pg-mig/model";
import { longestPrefix } from "@pg-mig/planner";
import { type OpenCluster, type OpenNode, onEachNode, placeOf } from "@pg-mig/sessions";
import {
  compareShards,
  type GroupComparison,
  type IgnoredItem,
  type Reference,
} from "./compare-shards.js";
import { type LedgerGroup, madeShapes } from "./made-shapes.js";
import { placeKey } from "./place-key.js";
import type { ReplayOptions } from "./replay-files.js";
import { ShapeReader, type Unread } from "./shape-reader.js";

/** A shard that could not be read. */
export interface UnreadShard extends Unread {
  /** The node's label. */
  readonly node: string;
}

/** Whether shards that ought to be alike are. Plain data: it survives JSON. */
export interface NodesComparison {
  /** `unknown` if any shard could not be read, whatever the others are. */
  readonly outcome: "alike" | "drift" | "unknown";
  /** How many shards were read. */
  readonly shards: number;
  /** By prefix, then by version. */
  readonly groups: readonly GroupComparison[];
  readonly unread: readonly UnreadShard[];
}

export interface CompareNodesOptions {
  readonly directory: Pick<MigrationDirectory, "versions">;
  /** Which shape is taken for right. */
  readonly against: Reference;
  /** Whether owners and privileges count. */
  readonly access: "yes" | "no";
  /** What makes no difference. */
  readonly ignore: readonly IgnoredItem[];
  /** For how long a table is waited for, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** How the files are run, if they are what is right. */
  readonly files?: Omit<ReplayOptions, "wanted" | "signal"> | undefined;
  readonly signal: AbortSignal;
}

/** A shard that has a shape, as it was read. */
interface ReadShard extends Place {
  readonly prefix: string;
  readonly versions: readonly string[];
  readonly family: string;
  readonly hash: string;
}

/**
 * Reads the shards of nodes, as their ledgers were read, and compares those that ought to be alike. One more
 * connection per node reads, a few shards at a time; what is kept of a shard is the hash of its shape.
 *
 * @throws PgMigError `SHARD_UNKNOWN` if the shard to compare with is not there, and what `madeShapes` throws
 */
export async function compareNodes(
  cluster: OpenCluster,
  nodes: readonly OpenNode[],
  options: CompareNodesOptions,
): Promise<NodesComparison> {
  const { directory, against, access, ignore, lockTimeoutMs, files, signal } = options;
  const prefixes = new Set(directory.versions.map(({ prefix }) => prefix));
  const readers = new Map<string, ShapeReader>();
  try {
    const { connect } = cluster;
    const results = await onEachNode(nodes, async (open) => {
      const reader = new ShapeReader(open.node, { connect, access, lockTimeoutMs, signal });
      readers.set(open.node.label, reader);
      const result = await readNode(open, reader, prefixes);
      await reader.close();
      return result;
    });
    const unread = results.flatMap((result) => result.unread);
    // A run may have taken a shard on after its ledger was read, and its shape may be the later one.
    const now = await cluster.readReachable();
    const moved = movedShards(nodes, now);
    const reached = new Set(now.map(({ node }) => node.label));
    const settled: ReadShard[] = [];
    for (const one of results.flatMap(({ read }) => read)) {
      const { node, shard } = one;
      if (!reached.has(node)) {
        unread.push({ node, shard, reason: "the node does not answer any more" });
      } else if (moved.has(placeKey(one))) {
        unread.push({ node, shard, reason: "its ledger changed meanwhile" });
      } else {
        settled.push(one);
      }
    }
    ensureKnown(against, settled);
    const hashes = new Map(settled.map((one) => [placeKey(one), one.hash]));
    const load = async ({ node, shard }: Place): Promise<Shape | undefined> => {
      const shape = await readers.get(node)?.readShape(shard);
      const hash = hashes.get(placeKey({ node, shard }));
      if (shape !== undefined && "items" in shape && shape.hash === hash) {
        return shape;
      }
      const reason = shape !== undefined && "reason" in shape ? shape : undefined;
      unread.push({ node, shard, reason: "its shape changed meanwhile", ...reason });
      return undefined;
    };
    const groups: GroupComparison[] = [];
    const found = groupShards(settled);
    const compared =
      against.from === "files" && files !== undefined
        ? await madeShapes(found, { ...files, signal })
        : found.map((group) => ({ group, made: undefined }));
    for (const one of compared) {
      signal.throwIfAborted();
      if ("reason" in one) {
        const shards = one.group.variants.flatMap((variant) => variant.shards);
        unread.push(...shards.map((place) => ({ ...place, reason: one.reason })));
      } else {
        const { group, made } = one;
        groups.push(await compareShards({ ...group, made }, { against, ignore, load }));
      }
    }
    const differs = groups.some(({ differences }) => differences.length > 0);
    return {
      outcome: unread.length > 0 ? "unknown" : differs ? "drift" : "alike",
      shards: groups.reduce((total, { shards }) => total + shards, 0),
      groups,
      unread: unread.sort(comparePlaces),
    };
  } finally {
    await Promise.allSettled([...readers.values()].map((reader) => reader.close()));
  }
}

async function readNode(
  { node, shards }: OpenNode,
  reader: ShapeReader,
  prefixes: ReadonlySet<string>,
): Promise<{ readonly read: readonly ReadShard[]; readonly unread: readonly UnreadShard[] }> {
  const read: ReadShard[] = [];
  const unread: UnreadShard[] = [];
  const wanted = new Map<string, Pick<ReadShard, "prefix" | "versions">>();
  for (const { name, versions } of shards) {
    const prefix = longestPrefix(prefixes, name) ?? versions.at(-1)?.split(".").at(-1);
    if (prefix !== undefined) {
      wanted.set(name, { prefix, versions });
    }
  }
  const { label } = node;
  await reader.readHashes([...wanted.keys()], {
    read({ schema: shard, hash }) {
      const known = wanted.get(shard);
      if (known !== undefined) {
        read.push({ node: label, shard, family: serverFamily(reader.major), hash, ...known });
      }
    },
    unread: (one) => unread.push({ node: label, ...one }),
  });
  return { read, unread };
}

/** Puts together what ought to be alike. Pure. */
function groupShards(shards: readonly ReadShard[]): LedgerGroup[] {
  const groups = new Map<string, { first: ReadShard; variants: Map<string, Place[]> }>();
  // Shards with one history share the list of its names.
  const histories = new Map<readonly string[], string>();
  for (const one of shards) {
    const { node, shard, prefix, versions, family, hash } = one;
    const history = histories.get(versions) ?? JSON.stringify(versions);
    histories.set(versions, history);
    const key = JSON.stringify([prefix, versions.at(-1) ?? "", family, history]);
    const group = groups.get(key) ?? { first: one, variants: new Map<string, Place[]>() };
    groups.set(key, group);
    const placed = group.variants.get(hash);
    if (placed === undefined) {
      group.variants.set(hash, [{ node, shard }]);
    } else {
      placed.push({ node, shard });
    }
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { first, variants }]) => ({
      prefix: first.prefix,
      versions: first.versions,
      family: first.family,
      version: first.versions.at(-1),
      variants: [...variants].map(([hash, placed]) => ({ hash, shards: placed })),
    }));
}

function movedShards(before: readonly OpenNode[], after: readonly OpenNode[]): ReadonlySet<string> {
  const later = new Map(
    after.flatMap(({ shards }) =>
      shards.map((shard) => [placeKey(placeOf(shard)), shard.ledger.storedHash]),
    ),
  );
  return new Set(
    before.flatMap(({ shards }) =>
      shards.flatMap((shard) => {
        const place = placeKey(placeOf(shard));
        return later.get(place) === shard.ledger.storedHash ? [] : [place];
      }),
    ),
  );
}

function ensureKnown(against: Reference, shards: readonly ReadShard[]): void {
  if (against.from === "shard" && !shards.some(({ shard }) => shard === against.shard)) {
    throw new PgMigError(`There is no shard "${against.shard}" to compare with.`, {
      code: "SHARD_UNKNOWN",
      hint: "Name a shard that is among those to compare.",
    });
  }
}
