import { renderLocation } from "@pg-mig/model";
import type { ErrorInfo } from "../error-info.js";
import { type FailureGroup, groupFailures, groupHookFailures } from "../group-failures.js";
import type { WarningGroup } from "../group-warnings.js";
import { listAddresses } from "../list-addresses.js";
import { countOf, formatCount, formatDuration } from "../quantities.js";
import type { Report } from "../report.js";
import { listShards } from "../shard-list.js";

/** Something that went wrong, however many shards it concerns. */
export interface ReportedProblem {
  readonly title: string;
  readonly error: ErrorInfo;
  /** Label and text of what is known besides. */
  readonly details: readonly (readonly [label: string, text: string])[];
}

/** The run in one sentence. */
export function headline(report: Report): string {
  const { action, outcome, planned, done, alreadyDone, failed, inDoubt, notAttempted } = report;
  if (outcome === "nothing-to-do") {
    return "Nothing to do";
  }
  const word = { done: "Done", failed: "Failed", interrupted: "Interrupted", paused: "Paused" }[
    outcome
  ];
  const parts = [
    `${formatCount(done)} of ${countOf(planned, "step")} ${action === "apply" ? "applied" : "undone"}`,
    ...(alreadyDone === 0 ? [] : [`${formatCount(alreadyDone)} by another run`]),
    ...(failed.length === 0 ? [] : [`${formatCount(failed.length)} failed`]),
    ...(inDoubt.length === 0 ? [] : [`${formatCount(inDoubt.length)} in doubt`]),
    ...(notAttempted === 0 ? [] : [`${formatCount(notAttempted)} not attempted`]),
  ];
  return `${word}: ${parts.join(", ")}`;
}

/** Who, when, where and with what, as far as it is known. */
export function facts(report: Report): readonly (readonly [label: string, text: string])[] {
  const { origin, startedAt, durationMs, addresses, pausedBy } = report;
  const { user, host, program, commit } = origin;
  const who = [user, host].filter((part) => part !== undefined).join(" on ");
  return [
    ...(addresses.length === 0 ? [] : [["Nodes", listAddresses(addresses)] as const]),
    ["Started", `${startedAt.slice(0, 19).replace("T", " ")} UTC`],
    ["Took", formatDuration(durationMs)],
    ...(who === "" ? [] : [["By", who] as const]),
    ...(program === undefined ? [] : [["Program", program] as const]),
    ...(commit === undefined ? [] : [["Commit", commit] as const]),
    ...(pausedBy === undefined ? [] : [["Paused because", pausedBy] as const]),
    ...throttled(report),
    ...(report.partial
      ? [["Partial", "The run was limited to some nodes and shards."] as const]
      : []),
  ];
}

/** The nodes that the throttle paused: how many, and the one that was paused for longest. */
function throttled({ pausedNodes = [] }: Report): (readonly [label: string, text: string])[] {
  const [longest] = pausedNodes.toSorted((a, b) => b.pausedMs - a.pausedMs);
  if (longest === undefined) {
    return [];
  }
  const { node, why, pausedMs } = longest;
  const count = pausedNodes.length === 1 ? "" : `${countOf(pausedNodes.length, "node")}, longest `;
  return [["Throttled", `${count}${node} for ${formatDuration(pausedMs)}: ${why}`]];
}

/** All that went wrong: each reason once. */
export function problems(report: Report): readonly ReportedProblem[] {
  return [
    ...(report.error === undefined ? [] : [problemOf("The run failed", report.error)]),
    ...report.lostNodes.map(({ node, error }) => problemOf(`${node} was given up`, error)),
    ...groupHookFailures(report.hookFailures).map(({ file, error, words, nodes }) =>
      problemOf(`${file} failed on ${countOf(nodes.length, "node")}`, error, [
        ["nodes", nodes.join(", ")],
        ...ownWords(words, nodes[0] ?? ""),
      ]),
    ),
    ...(["failed", "inDoubt"] as const).flatMap((list) =>
      groupFailures(report[list]).map(({ version, error, words, shards, notAttempted }) =>
        problemOf(
          `${version} ${list === "failed" ? "failed" : "is in doubt"} on ${countOf(shards.length, "shard")}`,
          error,
          [
            ["shards", listShards(shards)],
            ...ownWords(words, listShards(shards.slice(0, 1))),
            ...(notAttempted === 0
              ? []
              : [["not attempted after it", countOf(notAttempted, "step")] as const]),
          ],
        ),
      ),
    ),
  ];
}

/** That the words of an error are those of one place, if others differ from them. */
function ownWords(
  words: FailureGroup["words"],
  first: string,
): readonly (readonly [label: string, text: string])[] {
  return words === "same" ? [] : [["names and values are those of", first]];
}

function problemOf(
  title: string,
  error: ErrorInfo,
  more: ReportedProblem["details"] = [],
): ReportedProblem {
  const { server, where, hint } = error;
  const place = renderLocation(where);
  const known: [string, string | undefined][] = [
    ["at", place === "" ? undefined : place],
    ["SQLSTATE", server?.sqlState],
    ["detail", server?.detail],
    ["PostgreSQL's hint", server?.hint],
    ["context", server?.context],
    ["what to do", hint],
    ["code", error.code],
  ];
  return {
    title,
    error,
    details: [
      ...known.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const])),
      ...more,
    ],
  };
}

/** How often a warning came, and what it is about, both in words; empty: once, and about the run. */
export function warningNotes({ version, node, shards, count }: WarningGroup): {
  readonly times: string;
  readonly subject: string;
} {
  const where = shards.length === 0 ? node : listShards(shards);
  return {
    times: count === 1 ? "" : ` (${formatCount(count)} times)`,
    subject: [version, where].filter((part) => part !== undefined && part !== "").join(" on "),
  };
}

/** A row for each version that the run had to do with. */
export interface VersionRow {
  readonly version: string;
  readonly done: number;
  readonly failed: number;
  readonly notAttempted: number;
  readonly mean: string;
  readonly longest: string;
}

/** What became of each version, in the order of their names. */
export function versionRows(report: Report): readonly VersionRow[] {
  const rows = new Map<string, { done: number; failed: number; notAttempted: number }>();
  const of = (version: string) => {
    const row = rows.get(version) ?? { done: 0, failed: 0, notAttempted: 0 };
    rows.set(version, row);
    return row;
  };
  for (const { version, shards } of report.doneByVersion) {
    of(version).done += shards.length;
  }
  for (const { version, notAttempted } of [...report.failed, ...report.inDoubt]) {
    of(version).failed++;
    for (const later of notAttempted) {
      of(later).notAttempted++;
    }
  }
  for (const { notAttempted } of report.abandoned) {
    for (const later of notAttempted) {
      of(later).notAttempted++;
    }
  }
  const times = new Map(report.durationsByVersion.map((row) => [row.version, row]));
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, counts]) => {
      const known = times.get(version);
      return {
        version,
        ...counts,
        mean: known === undefined ? "" : formatDuration(known.meanMs),
        longest: known === undefined ? "" : formatDuration(known.longestMs),
      };
    });
}
