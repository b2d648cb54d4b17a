import type { AdoptionReport, AdoptOptions } from "@pg-mig/migrate";
import { countOf, listShards } from "@pg-mig/report";
import { differenceLines } from "./drift-lines.js";
import { renderError } from "./error-text.js";
import { nodesLine } from "./nodes-line.js";
import { type Line, line } from "./styled-line.js";
import { unreadLines } from "./unread-lines.js";

/** The shards that got a ledger (or would get one, in a dry run), by version; then those that fit no version. */
export function adoptionLines(
  report: AdoptionReport,
  purpose: NonNullable<AdoptOptions["purpose"]>,
): Line[] {
  const { adopted, ambiguous, unfit, unread, failed, shards, empty, outcome } = report;
  const got = adopted.reduce((sum, one) => sum + one.shards.length, 0);
  const left = [...ambiguous, ...unfit].reduce((sum, one) => sum + one.shards.length, 0);
  const gets = purpose === "dry" ? "would get" : "got";
  const parts = [
    `${got} ${gets} one`,
    ...counted("empty, needs none", empty),
    ...counted("fits no version, or several", left),
    ...counted("not read", unread.length),
    ...counted("not written", failed.length),
  ];
  return [
    ...adopted.map(
      ({ version, by, shards: placed }): Line => [
        { text: version, tone: "strong" },
        { text: ` ${by === "shape" ? "fits" : "is insisted on for"} ${listShards(placed)}` },
      ],
    ),
    ...ambiguous.map(
      ({ versions, shards: placed }): Line => [
        { text: listShards(placed), tone: "caution" },
        {
          text: ` fits ${countOf(versions.length, "version")}, which leave one shape: ${versions.join(", ")}. Say which with --only and --as.`,
        },
      ],
    ),
    ...unfit.flatMap(({ nearest, differences, shards: placed }): Line[] => [
      [
        { text: `${listShards(placed)} fits no version`, tone: "bad" },
        { text: nearest === undefined ? "." : `; the nearest is ${nearest}.` },
      ],
      ...differences.flatMap((difference) => differenceLines(difference, "there")),
    ]),
    ...(unfit.length === 0
      ? []
      : [line("Make such shards fit and run this again, or insist, with --only and --as.")]),
    ...unreadLines(unread),
    ...failed.flatMap(({ node, shard, error }) =>
      renderError(error, `${listShards([{ node, shard }])} got nothing`),
    ),
    ...nodesLine(report.addresses),
    shards === 0
      ? line("No shard with a prefix of the versions lacks a ledger.", "good")
      : line(
          `${countOf(shards, "shard")} without a ledger: ${parts.join("; ")}.`,
          outcome === "ok" ? "good" : "bad",
        ),
  ];
}

function counted(what: string, count: number): string[] {
  return count === 0 ? [] : [`${what}: ${count}`];
}
