import type { Report } from "@pg-mig/executor";
import { displayWidth, padToWidth } from "./display-width.js";
import { countOf } from "./quantities.js";
import { listShards } from "./shard-list.js";
import type { Line } from "./styled-line.js";

/** A line per version that was done, with the shards it was done on. */
export function doneLines(report: Report): Line[] {
  const rows = report.doneByVersion.map(({ version, shards }) => ({
    version,
    count: countOf(shards.length, "shard"),
    shards: listShards(shards),
  }));
  const versionWidth = Math.max(0, ...rows.map(({ version }) => displayWidth(version)));
  const countWidth = Math.max(0, ...rows.map(({ count }) => count.length));
  return rows.map(({ version, count, shards }) => [
    { text: padToWidth(version, versionWidth), tone: "strong" },
    { text: `  ${count.padStart(countWidth)}  ` },
    { text: shards, tone: "quiet" },
  ]);
}
