import { createHash } from "node:crypto";

/** One of several disjoint parts of a cluster's nodes: workers share a fleet so, without talking to each other. */
export interface Part {
  /** Which one, from 1. */
  readonly index: number;
  /** How many there are. */
  readonly of: number;
}

/**
 * Which of so many parts a node belongs to, from 1. All nodes of an island belong to one, so that a
 * failover changes nothing. The same on every machine that calls the node the same. Pure.
 */
export function partOf(
  { name, island }: { readonly name: string; readonly island?: string | undefined },
  parts: number,
): number {
  const hash = createHash("sha256").update(island ?? name);
  return (hash.digest().readUInt32BE() % parts) + 1;
}
