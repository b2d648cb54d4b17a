import type { VersionPlaces } from "@pg-mig/model";
import { countOf, groupBy, listShards } from "@pg-mig/report";
import { displayWidth, padToWidth, widestOf } from "./display-width.js";
import type { Line } from "./styled-line.js";

/**
 * A line per version with its shards, in columns. Shards that do not fit into `columns` are only counted,
 * so that a version is one line however its shards are spread.
 */
export function versionTable(rows: readonly VersionPlaces[], columns: number): Line[] {
  const cells = rows.map(({ version, shards }) => ({
    version,
    count: countOf(shards.length, "shard"),
    shards,
  }));
  const versionWidth = widestOf(cells.map(({ version }) => version));
  const countWidth = widestOf(cells.map(({ count }) => count));
  const room = columns - versionWidth - countWidth - 2 * gap.length;
  return cells.map(({ version, count, shards }) => {
    const list = listShards(shards);
    const nodes = groupBy(shards, ({ node }) => node).length;
    const inAll = ` on ${countOf(nodes, "node")}`;
    const [where = ""] = [`${gap}${list}`, inAll].filter((text) => displayWidth(text) <= room);
    return [
      { text: `${gap}${padToWidth(version, versionWidth)}` },
      { text: `${gap}${count.padStart(countWidth)}${where}`, tone: "quiet" },
    ];
  });
}

const gap = "  ";
