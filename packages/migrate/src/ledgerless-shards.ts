import { type ShapeHash, serverFamily } from "@pg-mig/catalog";
import type { MigrationDirectory } from "@pg-mig/migrations";
import { longestPrefix } from "@pg-mig/planner";
import { type OpenCluster, type OpenNode, type OpenShard, onEachNode } from "@pg-mig/sessions";
import type { UnreadShard } from "./compare-nodes.js";
import type { LedgerlessShards } from "./judge-adoption.js";
import { ShapeReader } from "./shape-reader.js";
import { shardsByNode } from "./shards-by-node.js";

/** A shard without a ledger, and the prefix that takes it. */
export interface Ledgerless {
  readonly shard: OpenShard;
  readonly prefix: string;
}

/** Finds the shards of the cluster that have no ledger, and that versions are for. Pure. */
export function findLedgerless(
  { nodes }: Pick<OpenCluster, "nodes">,
  directory: Pick<MigrationDirectory, "versions">,
): Ledgerless[] {
  const prefixes = new Set(directory.versions.map(({ prefix }) => prefix));
  return nodes
    .flatMap(({ shards }) => shards)
    .flatMap((shard) => {
      const prefix = longestPrefix(prefixes, shard.name);
      const isLedgerless = shard.ledger.storedHash === undefined;
      return isLedgerless && prefix !== undefined ? [{ shard, prefix }] : [];
    });
}

/** Reads the shapes of shards, each only once. */
export async function readLedgerless(
  cluster: OpenCluster,
  ledgerless: readonly Ledgerless[],
  limits: ReadLimits,
): Promise<{ readonly found: LedgerlessShards[]; readonly unread: UnreadShard[] }> {
  const unread: UnreadShard[] = [];
  const found = new Map<string, LedgerlessShards>();
  const byNode = shardsByNode(ledgerless);
  await onEachNode(cluster.nodes, async ({ node }) => {
    const { label } = node;
    const reader = readerOf(cluster, node, limits);
    try {
      const own = byNode.get(node) ?? [];
      const prefixes = new Map(own.map(({ shard, prefix }) => [shard.name, prefix]));
      const hashes: ShapeHash[] = [];
      await reader.readHashes([...prefixes.keys()], {
        read: (hash) => hashes.push(hash),
        unread: (one) => unread.push({ node: label, ...one }),
      });
      for (const { schema, hash } of hashes) {
        const prefix = prefixes.get(schema) ?? "";
        const family = serverFamily(reader.major);
        const place = { node: label, shard: schema };
        const shape = found.get(`${prefix} ${hash}`)?.shape ?? (await reader.readShape(schema));
        if (shape === undefined || !("items" in shape)) {
          unread.push({ ...place, reason: "it is gone", ...shape });
          continue;
        }
        const key = `${prefix} ${shape.hash}`;
        const known = found.get(key)?.shards ?? [];
        found.set(key, { prefix, family, shape, shards: [...known, place] });
      }
    } finally {
      await reader.close();
    }
  });
  return { found: [...found.values()], unread };
}

/**
 * Reads shards again, and gives those that have another shape than before, or cannot be read now.
 *
 * @param found With the shapes that they had.
 */
export async function changedSince(
  cluster: OpenCluster,
  found: readonly Pick<LedgerlessShards, "shape" | "shards">[],
  limits: ReadLimits,
): Promise<UnreadShard[]> {
  const changed: UnreadShard[] = [];
  const formerByLabel = new Map<string, Map<string, string>>();
  for (const { shape, shards } of found) {
    for (const { node, shard } of shards) {
      const former = formerByLabel.get(node) ?? new Map<string, string>();
      formerByLabel.set(node, former.set(shard, shape.hash));
    }
  }
  await onEachNode(cluster.nodes, async ({ node }) => {
    const { label } = node;
    const former = formerByLabel.get(label) ?? new Map<string, string>();
    const reader = readerOf(cluster, node, limits);
    try {
      const gone = new Set(former.keys());
      await reader.readHashes([...former.keys()], {
        read: ({ schema, hash }) => {
          gone.delete(schema);
          if (hash !== former.get(schema)) {
            const reason = "it has changed since it was read";
            changed.push({ node: label, shard: schema, reason });
          }
        },
        unread: (one) => {
          gone.delete(one.shard);
          changed.push({ node: label, ...one });
        },
      });
      changed.push(...[...gone].map((shard) => ({ node: label, shard, reason: "it is gone" })));
    } finally {
      await reader.close();
    }
  });
  return changed;
}

/** How shapes are read. */
export interface ReadLimits {
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
}

function readerOf(cluster: OpenCluster, node: OpenNode["node"], limits: ReadLimits): ShapeReader {
  return new ShapeReader(node, { connect: cluster.connect, access: "no", ...limits });
}
