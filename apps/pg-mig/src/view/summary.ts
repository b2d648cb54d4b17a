import type { Report } from "@pg-mig/executor";
import { errorDetails } from "./error-text.js";
import { type FailureGroup, groupFailures, groupHookFailures } from "./group-failures.js";
import { groupWarnings, type Warning } from "./group-warnings.js";
import { countOf, formatCount } from "./quantities.js";
import { listShards } from "./shard-list.js";
import { type Line, line } from "./styled-line.js";
import { doneLines } from "./summary-done.js";
import { type AbandonedChain, endLines, totalsLine } from "./summary-totals.js";

/** What a summary tells besides the report: events that the report does not repeat. */
export interface SummaryNotes {
  readonly warnings: readonly Warning[];
  readonly abandoned: readonly AbandonedChain[];
}

/** So many groups of failures are told in full; of the others the first line. */
const groupsInFull = 20;

/**
 * What is left on the screen after a run: per version the shards it was done on, the totals,
 * warnings, errors (each reason once, with all of its shards), what was not attempted, and what to
 * do next. Its length does not depend on the number of shards. Pure.
 */
export function summaryLines(report: Report, notes: SummaryNotes): Line[] {
  const failed = groupFailures(report.failed);
  const inDoubt = groupFailures(report.inDoubt);
  return [
    ...doneLines(report),
    ...section(notes.warnings.length === 0 ? [] : warningLines(notes.warnings)),
    ...hookFailureLines(report),
    ...failureLines(failed, "failed"),
    ...failureLines(inDoubt, "in doubt"),
    ...section([totalsLine(report), ...endLines(report, notes.abandoned)]),
  ];
}

/** Sets a paragraph off from what comes before it. */
function section(lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [line(""), ...lines];
}

function warningLines(warnings: readonly Warning[]): Line[] {
  return [
    line(countOf(warnings.length, "warning"), "caution"),
    ...groupWarnings(warnings).flatMap((group) => {
      const place = group.shards.length === 0 ? (group.node ?? "") : listShards(group.shards);
      const subject = [group.version ?? "", place].filter((part) => part !== "").join(" on ");
      const times = group.count > 1 ? ` (${formatCount(group.count)} times)` : "";
      const [first = "", ...rest] = group.message.split("\n");
      return [
        line(`  ${first}${times}`),
        ...rest.map((text) => line(`  ${text}`)),
        ...(subject === "" ? [] : [line(`    ${subject}`, "quiet")]),
      ];
    }),
  ];
}

function hookFailureLines(report: Report): Line[] {
  return groupHookFailures(report.hookFailures).flatMap(({ file, error, nodes }) => {
    const headline = `${file} failed on ${nodes.join(", ")}: ${error.message}`;
    return section([headlineOf(headline), ...errorDetails(error, headline)]);
  });
}

function failureLines(groups: readonly FailureGroup[], verdict: "failed" | "in doubt"): Line[] {
  return groups.flatMap((group, index) => {
    const { version, shards, error, notAttempted } = group;
    const [only] = shards;
    const where =
      shards.length === 1 && only !== undefined
        ? `${only.node}:${only.shard}`
        : countOf(shards.length, "shard");
    const headline = `${version} ${verdict} on ${where}: ${error.message}`;
    if (index >= groupsInFull) {
      return [headlineOf(headline)];
    }
    return section([
      headlineOf(headline),
      ...errorDetails(error, headline),
      ...(shards.length === 1 ? [] : [labelledShards(group)]),
      ...(notAttempted === 0
        ? []
        : [line(`  not attempted behind it: ${countOf(notAttempted, "step")}`, "quiet")]),
    ]);
  });
}

function headlineOf(text: string): Line {
  return line(text, "bad");
}

function labelledShards({ shards }: FailureGroup): Line {
  return [{ text: "  shards: ", tone: "quiet" }, { text: listShards(shards) }];
}
