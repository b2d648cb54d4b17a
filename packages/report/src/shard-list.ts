import type { Place } from "@pg-mig/model";
import { collapseShards } from "./collapse-shards.js";
import { groupBy } from "./group-by.js";
import { countOf, formatCount } from "./quantities.js";

/** About how many ranges a list shows. Each node gets its part of them, and at least one. */
const rangesInAll = 12;

/**
 * Lists shards as `node1:sh0000-0023, sh0030; node2:public`, sorted; each node is named once. What would
 * make the list too long is counted: `node1:sh0000, … 130 more` if a node has many gaps, `… 300 more on 25
 * nodes`.
 */
export function listShards(shards: Iterable<Place>): string {
  const nodes = groupBy(shards, ({ node }) => node).toSorted(([a], [b]) =>
    a.node < b.node ? -1 : 1,
  );
  const rangesPerNode = Math.max(1, Math.floor(rangesInAll / nodes.length));
  const shown = nodes
    .slice(0, rangesInAll)
    .map((placed) => listNode(placed[0].node, placed, rangesPerNode));
  const hidden = nodes.slice(rangesInAll);
  const hiddenShards = hidden.reduce((sum, placed) => sum + placed.length, 0);
  const rest = `… ${formatCount(hiddenShards)} more on ${countOf(hidden.length, "node")}`;
  return [...shown, ...(hidden.length === 0 ? [] : [rest])].join("; ");
}

function listNode(node: string, placed: readonly Place[], limit: number): string {
  const ranges = collapseShards(placed.map(({ shard }) => shard));
  const hidden = ranges.slice(limit).reduce((sum, { count }) => sum + count, 0);
  const shown = ranges.slice(0, limit).map(({ text }) => text);
  return `${node}:${[...shown, ...(hidden === 0 ? [] : [`… ${formatCount(hidden)} more`])].join(", ")}`;
}
