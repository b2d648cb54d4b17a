import type { VersionPlaces } from "@pg-mig/model";
import type { Report } from "@pg-mig/report";
import {
  countOf,
  type FailureGroup,
  formatCount,
  groupFailures,
  groupHookFailures,
  groupWarnings,
  type HookFailureGroup,
  listShards,
  type WarningGroup,
} from "@pg-mig/report";
import { renderError } from "./error-text.js";
import { nodesLine } from "./nodes-line.js";
import { longestOnOneLine, shortened } from "./shortened.js";
import { type Line, line } from "./styled-line.js";
import { endLines, totalsLine } from "./summary-totals.js";
import { versionTable } from "./version-table.js";

/** So many groups of failures, and of warnings, are told in full; the others briefly. */
const groupsInFull = { problems: 20, brief: 20, all: Number.POSITIVE_INFINITY };

type Verdict = "failed" | "in doubt";

/** Options of {@link summaryLines}. */
export interface SummaryOptions {
  /** `all`: no list of groups is cut short. */
  readonly detail: keyof typeof groupsInFull;
  /** How wide a line of a table may be. */
  readonly columns: number;
}

/**
 * What is left on the screen after a run: per version where it was done, the latest version of each
 * shard, warnings, the nodes, and last, where it is seen, what failed (each reason once, with its shards),
 * the totals, what was not attempted, and what to do next. Its length does not depend on the number of
 * shards. Pure.
 */
export function summaryLines(report: Report, { detail, columns }: SummaryOptions): Line[] {
  const inFull = groupsInFull[detail];
  const table = (title: string, rows: readonly VersionPlaces[], tone?: "caution") =>
    tableSection(title, rows, columns, tone);
  const problems = [
    ...groupHookFailures(report.hookFailures).map(hookFailureSection),
    ...failureSections(groupFailures(report.failed), "failed", inFull),
    ...failureSections(groupFailures(report.inDoubt), "in doubt", inFull),
    ...report.lostNodes.map(({ node, error }) => renderError(error, `${node} was given up`)),
    ...(report.error === undefined ? [] : [renderError(report.error, "The run failed")]),
  ].filter((lines) => lines.length > 0);
  const nodes = nodesLine(report.addresses);
  const end = [totalsLine(report), ...endLines(report)];
  return inSections([
    table(report.action === "apply" ? "Applied" : "Undone", report.doneByVersion),
    table("Latest versions", report.latest),
    table("Edited since they were applied", report.edited, "caution"),
    warningSection(groupWarnings(report.warnings), inFull, report.unlistedWarnings),
    ...(problems.length === 0 ? [[...nodes, ...end]] : [nodes, ...problems, end]),
  ]);
}

/** What is to be looked at after a run in which all went well. Pure. */
export function warningSummary(
  report: Report,
  { columns }: Pick<SummaryOptions, "columns">,
): Line[] {
  return inSections([
    tableSection("Edited since they were applied", report.edited, columns, "caution"),
    warningSection(groupWarnings(report.warnings), groupsInFull.problems, report.unlistedWarnings),
  ]);
}

function inSections(sections: readonly (readonly Line[])[]): Line[] {
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : [line(""), ...lines]));
}

function tableSection(
  title: string,
  rows: readonly VersionPlaces[],
  columns: number,
  tone: "strong" | "caution" = "strong",
): Line[] {
  return rows.length === 0 ? [] : [line(`${title}:`, tone), ...versionTable(rows, columns)];
}

function warningSection(groups: readonly WarningGroup[], inFull: number, unlisted = 0): Line[] {
  const hidden = groups.slice(inFull);
  return groups.length === 0
    ? []
    : [
        line("Warnings:", "caution"),
        ...groups.slice(0, inFull).flatMap(warningGroupLines),
        ...(hidden.length === 0 ? [] : [line(`  … and ${formatCount(hidden.length)} more`)]),
        ...(unlisted === 0 ? [] : [line(`  … and ${countOf(unlisted, "warning")} not kept`)]),
      ];
}

function warningGroupLines({
  message,
  version = "",
  node = "",
  shards,
  count,
}: WarningGroup): Line[] {
  const place = shards.length === 0 ? node : listShards(shards);
  const subject = [version, place].filter((part) => part !== "").join(" on ");
  const times = count > 1 ? ` (${formatCount(count)} times)` : "";
  const [first = "", ...rest] = shortened(message).split("\n");
  return [
    line(`  ${first}${times}`),
    ...rest.map((text) => line(`  ${text}`)),
    ...(subject === "" ? [] : [line(`    ${subject}`, "quiet")]),
  ];
}

function hookFailureSection({ file, error, words, nodes }: HookFailureGroup): Line[] {
  return [
    ...renderError(error, `${file} failed on ${nodes.join(", ")}`),
    ...ownWords(words, nodes[0] ?? ""),
  ];
}

/** That the words of an error are those of one place, if others differ from them. */
function ownWords(words: FailureGroup["words"], first: string): Line[] {
  return words === "same"
    ? []
    : [[{ text: "  names and values are those of: ", tone: "quiet" }, { text: first }]];
}

function failureSections(
  groups: readonly FailureGroup[],
  verdict: Verdict,
  inFull: number,
): Line[][] {
  return [
    ...groups.slice(0, inFull).map((group) => failureSection(group, verdict)),
    groups
      .slice(inFull)
      .map(({ error, ...group }) => [
        { text: `${subjectOf(group, verdict)}: `, tone: "bad" },
        { text: shortened(error.message, longestOnOneLine) },
      ]),
  ];
}

function failureSection(group: FailureGroup, verdict: Verdict): Line[] {
  const { shards, error, words, notAttempted } = group;
  const list: Line = [{ text: "  shards: ", tone: "quiet" }, { text: listShards(shards) }];
  const left = `  not attempted after it: ${countOf(notAttempted, "step")}`;
  return [
    ...renderError(error, subjectOf(group, verdict)),
    ...(shards.length === 1 ? [] : [list]),
    ...ownWords(words, listShards(shards.slice(0, 1))),
    ...(notAttempted === 0 ? [] : [line(left, "quiet")]),
  ];
}

function subjectOf({ version, shards }: Omit<FailureGroup, "error">, verdict: Verdict): string {
  const where = shards.length === 1 ? listShards(shards) : countOf(shards.length, "shard");
  return `${version} ${verdict} on ${where}`;
}
