import type { DriftReport, GroupComparison, SharedDifference } from "@pg-mig/migrate";
import { countOf, formatCount, listShards } from "@pg-mig/report";
import { nodesLine } from "./nodes-line.js";
import { type Line, line } from "./styled-line.js";
import { unreadLines } from "./unread-lines.js";

/** How shards differ that ought to be alike, group by group. */
export function driftLines({ outcome, addresses, shards, groups, unread }: DriftReport): Line[] {
  return [
    ...groups.flatMap(groupLines),
    ...unreadLines(unread),
    ...aloneLine(groups),
    ...nodesLine(addresses),
    shards + unread.length === 0
      ? line("No shard has a prefix of the versions or a ledger: nothing was compared.", "caution")
      : outcome === "alike"
        ? line(`${countOf(shards, "shard")} compared: no differences.`, "good")
        : outcome === "drift"
          ? line(`${countOf(shards, "shard")} compared: some differ.`, "bad")
          : line(
              `${countOf(shards, "shard")} compared, ${countOf(unread.length, "shard")} not read: the outcome is unknown.`,
              "bad",
            ),
  ];
}

/** How many shards were compared with no other. */
function aloneLine(groups: readonly GroupComparison[]): Line[] {
  const alone = groups.filter(
    ({ shards, reference }) => shards === 1 && reference?.from === "majority",
  ).length;
  return alone === 0
    ? []
    : [
        line(
          `${countOf(alone, "shard")} compared with no other: none has the same prefix and versions, on a server that prints alike (PostgreSQL 14-15, or 16-18).`,
          "caution",
        ),
      ];
}

const references = {
  majority: "the others",
  shard: "the reference",
  files: "what the files make",
} as const;

function groupLines({ prefix, version, shards, reference, differences }: GroupComparison): Line[] {
  if (differences.length === 0) {
    return [];
  }
  const at = version === undefined ? `with prefix ${prefix} and no version` : `at ${version}`;
  const head =
    reference === null
      ? `${countOf(shards, "shard")} ${at} differ from each other; no shape is that of more than half of them.`
      : `${countOf(shards - reference.shards, "shard")} of ${formatCount(shards)} ${at} ${shards - reference.shards === 1 ? "differs" : "differ"} from ${
          references[reference.from]
        }.`;
  return [line(head, "caution"), ...differences.flatMap(sharedLines), line("")];
}

function sharedLines({ shards, ...difference }: SharedDifference): Line[] {
  return differenceLines(difference, `on ${listShards(shards)}`);
}

/** One difference, and where or when it is met. */
export function differenceLines(
  { kind, path, what, expected, found }: Omit<SharedDifference, "shards">,
  place: string,
): Line[] {
  const isForm = what === "differs" && expected === undefined;
  const text = (name: string, definition: string | undefined): Line[] =>
    definition === undefined || definition === ""
      ? []
      : definition
          .split("\n")
          .map(
            (part, i): Line => [
              { text: i === 0 ? `    ${name} ` : " ".repeat(5 + name.length), tone: "quiet" },
              { text: part.trim() === "" ? "" : part },
            ],
          );
  return [
    [
      { text: `  ${[kind, path].filter(Boolean).join(" ")} `, tone: "strong" },
      { text: isForm ? "is so" : what, tone: isForm ? "caution" : "bad" },
      { text: ` ${place}` },
    ],
    ...text("expected:", expected),
    ...text("found:   ", found),
  ];
}
