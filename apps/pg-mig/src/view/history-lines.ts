import type { ClusterHistory, JournalCounts, JournaledRun } from "@pg-mig/migrate";
import { countOf, formatCount, formatDuration, groupBy } from "@pg-mig/report";
import { padToWidth, widestOf } from "./display-width.js";
import { minute } from "./minute.js";
import { nodesLine } from "./nodes-line.js";
import { type Line, line } from "./styled-line.js";

/**
 * A line per version: on how many shards it is, and when it was first and last applied to one. Then, with
 * journals, a line per run, the latest last.
 */
export function historyLines(history: ClusterHistory): Line[] {
  const { addresses, versions, runs } = history;
  const rows = versions.map(({ version, shards, firstAt, lastAt, withoutTime }) => ({
    version,
    count: countOf(shards, "shard"),
    when:
      firstAt === undefined || lastAt === undefined
        ? "no time recorded"
        : `${minute(firstAt)}${minute(firstAt) === minute(lastAt) ? "" : ` to ${minute(lastAt)}`} UTC`,
    note:
      firstAt === undefined || withoutTime === 0
        ? ""
        : `, no time recorded on ${formatCount(withoutTime)}`,
  }));
  const width = widestOf(rows.map(({ version }) => version));
  const countWidth = widestOf(rows.map(({ count }) => count));
  return [
    ...rows.map(
      ({ version, count, when, note }): Line => [
        { text: padToWidth(version, width), tone: "strong" },
        { text: `  ${count.padStart(countWidth)}  ${when}` },
        { text: note, tone: "quiet" },
      ],
    ),
    ...nodesLine(addresses),
    ...(rows.length === 0 ? [line("No version is applied.")] : []),
    ...(runs === undefined ? [] : runLines(runs, history.withoutJournal ?? [])),
  ];
}

/** So many runs are shown; `--json` has more. */
const shownRuns = 20;

function runLines(
  runs: readonly JournaledRun[],
  without: NonNullable<ClusterHistory["withoutJournal"]>,
): Line[] {
  const shown = runs.slice(0, shownRuns).reverse();
  const earlier = runs.length - shown.length;
  const reasons = groupBy([...without], ({ reason }) => reason);
  return [
    line(""),
    line(runs.length === 0 ? "Runs: none in the journals." : "Runs:", "strong"),
    ...(earlier === 0
      ? []
      : [line(`  ${countOf(earlier, "earlier run")} not shown: --json has them.`, "quiet")]),
    ...shown.flatMap(linesOfRun),
    ...reasons.map((group) =>
      line(
        `No journal on ${nodeList(group.map(({ node }) => node))}: ${group[0].reason}.`,
        "caution",
      ),
    ),
  ];
}

function linesOfRun(run: JournaledRun): Line[] {
  const { action, startedAt, endedAt, outcome, counts, failures = [], missingOn } = run;
  const who = [run.user, run.host].filter((part) => part !== undefined).join("@");
  const commit = run.commit === undefined ? "" : `commit ${run.commit.slice(0, 12)}`;
  const facts = [who, run.program ?? "", commit, run.codeDigest].filter((fact) => fact !== "");
  const ending: Line =
    outcome === undefined || endedAt === undefined
      ? [{ text: "not ended: killed, or still at work", tone: "caution" }]
      : [
          {
            text: outcome,
            tone: outcome === "done" ? "good" : outcome === "failed" ? "bad" : "caution",
          },
          { text: ` after ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}` },
          { text: counts === undefined ? "" : `, ${stepsText(counts)}` },
        ];
  return [
    [
      { text: `  ${minute(startedAt)} UTC  ` },
      { text: action, tone: "strong" },
      { text: "  " },
      ...ending,
    ],
    line(`    ${facts.join(", ")}`, "quiet"),
    ...failures.map(({ what, message, sqlState, code, count, first }) =>
      line(
        `    ${what === undefined ? "" : `${what}: `}${message} (${sqlState ?? code})${
          first === undefined
            ? ""
            : count === 1
              ? `, on ${first}`
              : `, ${formatCount(count)} times, first on ${first}`
        }`,
      ),
    ),
    ...(missingOn.length === 0
      ? []
      : [line(`    not in the journal of ${nodeList(missingOn)}`, "caution")]),
  ];
}

function stepsText({
  planned,
  done,
  alreadyDone,
  failed,
  inDoubt,
  notAttempted,
}: JournalCounts): string {
  const parts = [
    `${formatCount(done)} of ${countOf(planned, "step")} done`,
    ...(alreadyDone === 0 ? [] : [`${formatCount(alreadyDone)} by another run`]),
    ...(failed === 0 ? [] : [`${formatCount(failed)} failed`]),
    ...(inDoubt === 0 ? [] : [`${formatCount(inDoubt)} in doubt`]),
    ...(notAttempted === 0 ? [] : [`${formatCount(notAttempted)} not attempted`]),
  ];
  return parts.join(", ");
}

/** At most five nodes by name. */
function nodeList(nodes: readonly string[]): string {
  const hidden = nodes.length - 5;
  return hidden > 1
    ? `${nodes.slice(0, 5).join(", ")} and ${formatCount(hidden)} more`
    : nodes.join(", ");
}
