import { groupWarnings } from "../group-warnings.js";
import { formatCount } from "../quantities.js";
import type { Report } from "../report.js";
import { facts, headline, problems, versionRows, warningNotes } from "./report-facts.js";
import { visible } from "./safe-text.js";

/** So many problems and warnings are shown; the rest is counted. */
const most = { problems: 50, warnings: 50 };

/** A report as Markdown, as for the summary of a job in GitHub: no text of a server is anything but text. Pure. */
export function renderMarkdownReport(report: Report): string {
  const all = problems(report);
  const warnings = groupWarnings(report.warnings);
  const parts = [
    `# ${inline(headline(report))}`,
    list(facts(report)),
    ...(all.length === 0 ? [] : ["## What failed"]),
    ...all
      .slice(0, most.problems)
      .flatMap(({ title, error, details }) => [
        `### ${inline(title)}`,
        fenced([error.message, error.excerpt ?? ""].filter((text) => text !== "").join("\n\n")),
        list(details),
      ]),
    rest(all.length, most.problems),
    versionTable(report),
    ...(warnings.length === 0 ? [] : ["## Warnings"]),
    warnings
      .slice(0, most.warnings)
      .map((group) => {
        const { times, subject } = warningNotes(group);
        return `- ${inline(group.message)}${times}${subject === "" ? "" : ` – ${inline(subject)}`}`;
      })
      .join("\n"),
    rest(warnings.length, most.warnings),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function rest(count: number, limit: number): string {
  return count <= limit ? "" : `… and ${formatCount(count - limit)} more.`;
}

function list(items: readonly (readonly [string, string])[]): string {
  return items.map(([label, text]) => `- ${inline(label)}: ${inline(text)}`).join("\n");
}

function versionTable(report: Report): string {
  const rows = versionRows(report).map(
    ({ version, done, failed, notAttempted, mean, longest }) =>
      `| ${inline(version)} | ${formatCount(done)} | ${formatCount(failed)} | ${formatCount(notAttempted)} | ${mean} | ${longest} |`,
  );
  return rows.length === 0
    ? ""
    : [
        "## Versions",
        "",
        "| version | done | failed | not attempted | mean | longest |",
        "|---|---:|---:|---:|---:|---:|",
        ...rows,
      ].join("\n");
}

/** A text from outside within a line: whatever Markdown or HTML would obey is escaped. */
function inline(text: string): string {
  return visible(text)
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/[\\`*_{}[\]()#+!|~$@]|:(?=\/\/)/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** A text from outside as it is: the fence is longer than any that it holds. */
function fenced(text: string): string {
  const shown = visible(text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
}
