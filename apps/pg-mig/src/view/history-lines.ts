import type { ClusterHistory } from "@pg-mig/migrate";
import { countOf, formatCount } from "@pg-mig/report";
import { displayWidth, padToWidth } from "./display-width.js";
import { nodesLine } from "./nodes-line.js";
import { type Line, line } from "./styled-line.js";

/** A line per version: on how many shards it is, and when it was first and last applied to one. */
export function historyLines({ addresses, versions }: ClusterHistory): Line[] {
  const rows = versions.map(({ version, shards, firstAt, lastAt, withoutTime }) => ({
    version,
    count: countOf(shards, "shard"),
    when:
      firstAt === undefined || lastAt === undefined
        ? "at a time that no ledger tells"
        : `${minute(firstAt)}${minute(firstAt) === minute(lastAt) ? "" : ` to ${minute(lastAt)}`} UTC`,
    note:
      firstAt === undefined || withoutTime === 0
        ? ""
        : `, and without a time on ${formatCount(withoutTime)}`,
  }));
  const width = (of: "version" | "count") =>
    Math.max(0, ...rows.map((row) => displayWidth(row[of])));
  return [
    ...rows.map(
      ({ version, count, when, note }): Line => [
        { text: padToWidth(version, width("version")), tone: "strong" },
        { text: `  ${count.padStart(width("count"))}  ${when}` },
        { text: note, tone: "quiet" },
      ],
    ),
    ...nodesLine(addresses),
    ...(rows.length === 0 ? [line("No version is applied.")] : []),
  ];
}

/** `2026-01-12T10:20:30Z` as `2026-01-12 10:20`. */
function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}
