import { groupWarnings } from "../group-warnings.js";
import { countOf, formatCount, formatDuration, formatSeconds } from "../quantities.js";
import type { Report, TimeLine } from "../report.js";
import { listShards } from "../shard-list.js";
import {
  facts,
  headline,
  problems,
  type ReportedProblem,
  versionRows,
  warningNotes,
} from "./report-facts.js";
import { style, styleHash } from "./report-style.js";
import { markup } from "./safe-text.js";
import { type MappedNode, mapShards, type ShardOutcome, shardOutcomes } from "./shard-map.js";

/** So many problems, nodes and warnings are shown; the rest is counted, and in the report as JSON. */
const most = { problems: 100, nodes: 200, warnings: 100 };
/** The cells in a row of the map, and how many of a node are drawn one by one. */
const columns = 64;
const mostCells = 4096;

/**
 * A report as a page of HTML: one file without scripts, which asks nothing of any network, and in which no text
 * of a server or of a file is anything but text. It gets longer with nodes and versions, not with steps. Pure.
 */
export function renderHtmlReport(report: Report): string {
  const title = headline(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${markup(title)} – pg-mig</title>
<style>${style}</style>
</head>
<body>
<main>
<h1 class="${report.outcome}">${markup(title)}</h1>
${factList(facts(report))}
${problemSection(problems(report))}
${abandonedSection(report)}
${mapSection(mapShards(report))}
${timeSection(report.timeLine)}
${versionSection(report)}
${nodeSection(report)}
${slowestSection(report)}
${warningSection(report)}
${editedSection(report)}
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return content === "" ? "" : `<section>\n<h2>${markup(title)}</h2>\n${content}\n</section>`;
}

function factList(list: readonly (readonly [string, string])[]): string {
  const items = list.map(([label, text]) => `<dt>${markup(label)}</dt><dd>${markup(text)}</dd>`);
  return items.length === 0 ? "" : `<dl>\n${items.join("\n")}\n</dl>`;
}

function problemSection(all: readonly ReportedProblem[]): string {
  const shown = all.slice(0, most.problems).map(
    ({ title, error, details }) => `<article>
<h3>${markup(title)}</h3>
<p>${markup(error.message)}</p>
${error.excerpt === undefined ? "" : `<pre tabindex="0">${markup(error.excerpt)}</pre>`}
${factList(details)}
</article>`,
  );
  return section("What failed", [...shown, rest(all.length, most.problems)].join("\n").trim());
}

/** How many more there are than are shown. */
function rest(count: number, limit: number): string {
  return count <= limit ? "" : `<p>… and ${formatCount(count - limit)} more.</p>`;
}

function abandonedSection({ abandoned }: Report): string {
  const reasons = [...new Set(abandoned.map(({ reason }) => reason))];
  return section(
    "Not attempted",
    factList(
      reasons.map((reason) => {
        const chains = abandoned.filter((chain) => chain.reason === reason);
        return [reason, listShards(chains)];
      }),
    ),
  );
}

const stateNames: Readonly<Record<ShardOutcome, string>> = {
  failed: "failed",
  left: "not finished",
  done: "done",
  same: "nothing to do",
};

function mapSection(nodes: readonly MappedNode[]): string {
  if (nodes.length === 0) {
    return "";
  }
  const legend = shardOutcomes
    .map((state) => `<li><span class="key ${state}"></span> ${stateNames[state]}</li>`)
    .join("");
  const figures = nodes.slice(0, most.nodes).map(nodeMap);
  return section(
    "Shards",
    [`<ul class="legend">${legend}</ul>`, ...figures, rest(nodes.length, most.nodes)]
      .join("\n")
      .trim(),
  );
}

/** A square for each shard, row by row in the order of their names; of very many, a bar. */
function nodeMap({ node, shards }: MappedNode): string {
  const counts = shardOutcomes
    .map((state) => [state, shards.filter((shard) => shard.state === state).length] as const)
    .filter(([, count]) => count > 0);
  const told = counts.map(([state, count]) => `${formatCount(count)} ${stateNames[state]}`);
  const caption = `${node}: ${countOf(shards.length, "shard")}, ${told.join(", ")}`;
  const height = shards.length > mostCells ? 10 : Math.ceil(shards.length / columns) * 10;
  const paths = shards.length > mostCells ? barPaths(counts, shards.length) : cellPaths(shards);
  return `<figure>
<figcaption>${markup(caption)}</figcaption>
<svg viewBox="0 0 ${columns * 10} ${height}" role="img" aria-label="${markup(caption)}">${paths}</svg>
</figure>`;
}

function cellPaths(shards: MappedNode["shards"]): string {
  return shardOutcomes
    .map((state) => {
      const cells = shards.flatMap((shard, index) =>
        shard.state === state
          ? [`M${(index % columns) * 10} ${Math.floor(index / columns) * 10}h8v8h-8z`]
          : [],
      );
      return cells.length === 0 ? "" : `<path class="${state}" d="${cells.join("")}"/>`;
    })
    .join("");
}

/** A piece of a bar is never narrower: one shard of thousands that failed must be seen on a telephone, too. */
const leastWidth = columns / 5;

function barPaths(counts: readonly (readonly [ShardOutcome, number])[], all: number): string {
  let x = 0;
  const widths = counts.map(([, count]) => Math.max(leastWidth, (count * columns * 10) / all));
  const total = widths.reduce((sum, width) => sum + width, 0);
  return counts
    .map(([state], index) => {
      const width = ((widths[index] ?? 0) * columns * 10) / total;
      const path = `<path class="${state}" d="M${x.toFixed(1)} 0h${width.toFixed(1)}v10h-${width.toFixed(1)}z"/>`;
      x += width;
      return path;
    })
    .join("");
}

function timeSection({ everyMs, done, failed }: TimeLine): string {
  const highest = Math.max(0, ...done.map((count, index) => count + (failed[index] ?? 0)));
  if (highest === 0) {
    return "";
  }
  const bars = (counts: readonly number[], from: readonly number[]) =>
    counts
      .map((count, index) => {
        const height = (count * 100) / highest;
        const bottom = 100 - ((from[index] ?? 0) * 100) / highest;
        return count === 0 ? "" : `M${index * 10} ${bottom.toFixed(1)}h9v-${height.toFixed(1)}h-9z`;
      })
      .join("");
  const nothing = done.map(() => 0);
  const peak = Math.max(...done) / (everyMs / 1000);
  const caption = `Steps that ended, by time: ${formatSeconds(done.length * everyMs)} in pieces of ${formatSeconds(everyMs)}, at most ${formatCount(Math.round(peak))} done a second`;
  return section(
    "Time line",
    `<figure>
<figcaption>${markup(caption)}</figcaption>
<svg class="time" viewBox="0 0 ${Math.max(done.length, 20) * 10} 100" preserveAspectRatio="none" role="img" aria-label="${markup(caption)}"><path class="done" d="${bars(done, nothing)}"/><path class="failed" d="${bars(failed, done)}"/></svg>
</figure>`,
  );
}

/** A table that scrolls by itself in a narrow window. The first cell of a row names it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return "";
  }
  const body = rows.map(
    ([first = "", ...cells]) =>
      `<tr><th scope="row">${markup(first)}</th>${cells.map((cell) => `<td>${markup(cell)}</td>`).join("")}</tr>`,
  );
  const titles = head.map((title) => `<th scope="col">${markup(title)}</th>`).join("");
  return `<div class="scroll" tabindex="0" role="group" aria-label="${markup(head[0] ?? "")}"><table><thead><tr>${titles}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

function versionSection(report: Report): string {
  return section(
    "Versions",
    table(
      ["Version", "Done", "Failed", "Not attempted", "Mean", "Longest"],
      versionRows(report).map(({ version, done, failed, notAttempted, mean, longest }) => [
        version,
        formatCount(done),
        formatCount(failed),
        formatCount(notAttempted),
        mean,
        longest,
      ]),
    ),
  );
}

function nodeSection({ durationsByNode }: Report): string {
  const rows = durationsByNode
    .slice(0, most.nodes)
    .map(({ node, count, meanMs, longestMs, fromMs, toMs }) => [
      node,
      formatCount(count),
      formatDuration(meanMs),
      formatDuration(longestMs),
      formatDuration(fromMs),
      formatDuration(toMs),
    ]);
  return section(
    "Nodes",
    [
      table(["Node", "Done", "Mean", "Longest", "First step after", "Last step after"], rows),
      rest(durationsByNode.length, most.nodes),
    ]
      .join("\n")
      .trim(),
  );
}

function slowestSection({ slowest }: Report): string {
  return section(
    "Slowest steps",
    table(
      ["Version", "Shard", "Took"],
      slowest.map(({ node, shard, version, durationMs }) => [
        version,
        listShards([{ node, shard }]),
        formatDuration(durationMs),
      ]),
    ),
  );
}

function warningSection({ warnings, unlistedWarnings = 0 }: Report): string {
  const groups = groupWarnings(warnings);
  const items = groups.slice(0, most.warnings).map((group) => {
    const { times, subject } = warningNotes(group);
    return `<li>${markup(group.message)}${times}${subject === "" ? "" : `<br><small>${markup(subject)}</small>`}</li>`;
  });
  return groups.length === 0
    ? ""
    : section(
        "Warnings",
        [
          `<ul>\n${items.join("\n")}\n</ul>`,
          rest(groups.length, most.warnings),
          unlistedWarnings === 0 ? "" : `<p>${countOf(unlistedWarnings, "more warning")}.</p>`,
        ]
          .join("\n")
          .trim(),
      );
}

function editedSection({ edited }: Report): string {
  return section(
    "Edited since they were applied",
    factList(edited.map(({ version, shards }) => [version, listShards(shards)])),
  );
}
