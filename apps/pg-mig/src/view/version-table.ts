import type { VersionPlaces } from "@pg-mig/model";
import { countOf, listShards } from "@pg-mig/report";
import { displayWidth, padToWidth } from "./display-width.js";
import type { Line } from "./styled-line.js";

/** A line per version with its shards, in columns. */
export function versionTable(rows: readonly VersionPlaces[]): Line[] {
  const cells = rows.map(({ version, shards }) => ({
    version,
    count: countOf(shards.length, "shard"),
    shards: listShards(shards),
  }));
  const versionWidth = Math.max(0, ...cells.map(({ version }) => displayWidth(version)));
  const countWidth = Math.max(0, ...cells.map(({ count }) => count.length));
  return cells.map(({ version, count, shards }) => [
    { text: `  ${padToWidth(version, versionWidth)}` },
    { text: `  ${count.padStart(countWidth)}  ${shards}`, tone: "quiet" },
  ]);
}
