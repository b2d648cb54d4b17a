import { countOf, groupBy, listShards } from "@pg-mig/report";
import { padToWidth, widestOf } from "./display-width.js";
import type { Line } from "./styled-line.js";

/** What a shard has and still needs. */
export interface MappedShard {
  readonly node: string;
  readonly shard: string;
  /** How many versions its ledger holds. */
  readonly applied: number;
  /** The latest of them; `undefined`: none. */
  readonly latest: string | undefined;
  /** How many versions on disk it still has to run. */
  readonly pending: number;
  /** What else is to be said of it, such as a violation of the timeline. */
  readonly note?: string | undefined;
}

/**
 * The map of versions: one line for all shards that are in the same state, sorted by the latest version,
 * with `(none)` first.
 */
export function versionsMapLines(shards: readonly MappedShard[]): Line[] {
  const groups = groupBy(shards, ({ latest, applied, pending, note }) =>
    JSON.stringify([latest, applied, pending, note]),
  );
  const rows = groups
    .toSorted(([a], [b]) => compareStates(a, b))
    .map((group) => {
      const [{ latest, applied, pending, note }] = group;
      return {
        version: latest ?? "(none)",
        versions: countOf(applied, "version"),
        pending: pending === 0 ? "" : `${pending} pending`,
        note: note ?? "",
        shards: listShards(group),
      };
    });
  const widthOf = (column: "version" | "versions" | "pending") =>
    widestOf(rows.map((row) => row[column]));
  const [version, versions, pending] = [
    widthOf("version"),
    widthOf("versions"),
    widthOf("pending"),
  ];
  return rows.map((row) => [
    { text: padToWidth(row.version, version), tone: "strong" },
    { text: `  ${row.versions.padStart(versions)}` },
    {
      text: pending === 0 ? "" : `  ${row.pending.padStart(pending)}`,
      tone: "caution",
    },
    { text: `  ${row.shards}` },
    { text: row.note === "" ? "" : `  (${row.note})`, tone: "bad" },
  ]);
}

function compareStates(a: MappedShard, b: MappedShard): number {
  const [left, right] = [a.latest ?? "", b.latest ?? ""];
  if (left !== right) {
    return left < right ? -1 : 1;
  }
  return a.applied - b.applied || a.pending - b.pending;
}
