import type { Node } from "./node.js";
import type { NodeIdentity } from "./node-identity.js";

/** A node and what its server said. */
export interface IdentifiedNode {
  readonly node: Node;
  readonly identity: NodeIdentity;
}

/** Which nodes to work on, and why the others are left out. */
export interface DistinctNodes<N extends IdentifiedNode = IdentifiedNode> {
  readonly used: readonly N[];
  /** Servers in recovery: what a primary does reaches them by itself. */
  readonly replicas: readonly N[];
  /** Nodes that turned out to be the database of a node in `used`, under another address. */
  readonly duplicates: readonly { readonly node: Node; readonly sameAs: Node }[];
}

/**
 * Parts nodes into those to use, replicas, and second names of one database. Pure; keeps the order,
 * and of several names the first is used.
 *
 * Two nodes are one database when cluster, database and the server's start (to the microsecond)
 * agree. The start is compared because a copy of a cluster's files keeps the cluster's identifier.
 */
export function distinctNodes<N extends IdentifiedNode>(
  identified: readonly N[],
): DistinctNodes<N> {
  const replicas = identified.filter(({ identity }) => identity.inRecovery);
  const used = new Map<string, N>();
  const duplicates: { node: Node; sameAs: Node }[] = [];
  for (const entry of identified) {
    const { identity } = entry;
    if (identity.inRecovery) {
      continue;
    }
    const key = [identity.systemIdentifier, identity.databaseOid, identity.postmasterStart].join();
    const first = used.get(key);
    if (first === undefined) {
      used.set(key, entry);
    } else {
      duplicates.push({ node: entry.node, sameAs: first.node });
    }
  }
  return { used: [...used.values()], replicas, duplicates };
}
