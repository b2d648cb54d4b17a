import { countOf, groupBy, listShards } from "@pg-mig/report";
import { displayWidth, padToWidth } from "./display-width.js";
import type { Line } from "./styled-line.js";

/** What a shard has and still needs. */
export interface MappedShard {
  readonly node: string;
  readonly shard: string;
  /** How many versions its ledger holds. */
  readonly versionCount: number;
  /** The last of them; undefined where the ledger is empty. */
  readonly lastVersion: string | undefined;
  /** How many versions on disk it still has to run. */
  readonly pending: number;
  /** What else is to be said of it, such as a violation of the timeline. */
  readonly note?: string | undefined;
}

/**
 * The map of versions: one line for all shards that are in the same state, sorted by last version,
 * with `(none)` first.
 */
export function versionsMapLines(shards: readonly MappedShard[]): Line[] {
  const groups = groupBy(shards, ({ lastVersion, versionCount, pending, note }) =>
    JSON.stringify([lastVersion, versionCount, pending, note]),
  );
  const rows = groups
    .toSorted(([a], [b]) => compareStates(a, b))
    .map((group) => {
      const [{ lastVersion, versionCount, pending, note }] = group;
      return {
        version: lastVersion ?? "(none)",
        versions: countOf(versionCount, "version"),
        pending: pending === 0 ? "" : `${pending} pending`,
        note: note ?? "",
        shards: listShards(group),
      };
    });
  const width = (column: "version" | "versions" | "pending") =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column])));
  return rows.map((row) => [
    { text: padToWidth(row.version, width("version")), tone: "strong" },
    { text: `  ${row.versions.padStart(width("versions"))}` },
    {
      text: width("pending") === 0 ? "" : `  ${row.pending.padStart(width("pending"))}`,
      tone: "caution",
    },
    { text: `  ${row.shards}` },
    { text: row.note === "" ? "" : `  (${row.note})`, tone: "bad" },
  ]);
}

function compareStates(a: MappedShard, b: MappedShard): number {
  const [left, right] = [a.lastVersion ?? "", b.lastVersion ?? ""];
  if (left !== right) {
    return left < right ? -1 : 1;
  }
  return a.versionCount - b.versionCount || a.pending - b.pending;
}
