import type { Place } from "@pg-mig/model";
import { renderLocation } from "@pg-mig/model";
import { shownShard } from "../collapse-shards.js";
import type { ErrorInfo } from "../error-info.js";
import { groupBy } from "../group-by.js";
import { countOf } from "../quantities.js";
import type { Report } from "../report.js";
import { markup } from "./safe-text.js";

interface Case {
  readonly name: string;
  readonly seconds: number;
  /** The element in it; empty: it went well. */
  readonly content: string;
  readonly kind: "passed" | "failure" | "error" | "skipped";
}

/**
 * A report in the XML of JUnit: a suite for each version. What went well, and what was not attempted, is a case
 * for each node, however many shards; what failed is a case for each shard. Pure.
 */
export function renderJunitReport(report: Report): string {
  const suites = suitesOf(report);
  const total = (kind: Case["kind"]) =>
    suites.reduce((sum, { cases }) => sum + cases.filter((one) => one.kind === kind).length, 0);
  const tests = suites.reduce((sum, { cases }) => sum + cases.length, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="pg-mig ${report.action}" tests="${tests}" failures="${total("failure")}" errors="${total("error")}" skipped="${total("skipped")}" time="${seconds(report.durationMs)}">
${suites.map((suite) => suiteElement(suite, report.startedAt)).join("\n")}
</testsuites>
`;
}

function suitesOf(report: Report): readonly { readonly name: string; readonly cases: Case[] }[] {
  const suites = new Map<string, Case[]>();
  const add = (version: string, one: Case) => {
    const cases = suites.get(version) ?? [];
    suites.set(version, cases);
    cases.push(one);
  };
  const means = new Map(report.durationsByVersion.map((row) => [row.version, row.meanMs]));
  for (const { version, shards } of report.doneByVersion) {
    for (const places of groupBy(shards, ({ node }) => node)) {
      const time = ((means.get(version) ?? 0) * places.length) / 1000;
      add(version, { name: nodeCase(places), seconds: time, content: "", kind: "passed" });
    }
  }
  for (const { node, file, error } of report.hookFailures) {
    add(file, { name: node, seconds: 0, content: problem("failure", error), kind: "failure" });
  }
  const lost = new Map<string, Place[]>();
  const skip = (place: Place, versions: readonly string[]) => {
    for (const version of versions) {
      const places = lost.get(version) ?? [];
      lost.set(version, places);
      places.push(place);
    }
  };
  for (const failure of report.failed) {
    add(failure.version, {
      name: shardCase(failure),
      seconds: 0,
      content: problem("failure", failure.error),
      kind: "failure",
    });
    skip(failure, failure.notAttempted);
  }
  for (const failure of report.inDoubt) {
    add(failure.version, {
      name: shardCase(failure),
      seconds: 0,
      content: problem("error", failure.error),
      kind: "error",
    });
    skip(failure, failure.notAttempted);
  }
  for (const chain of report.abandoned) {
    skip(chain, chain.notAttempted);
  }
  for (const [version, places] of lost) {
    for (const ofNode of groupBy(places, ({ node }) => node)) {
      const content = '<skipped message="not attempted"/>';
      add(version, { name: nodeCase(ofNode), seconds: 0, content, kind: "skipped" });
    }
  }
  for (const [name, error] of [
    ...report.lostNodes.map(({ node, error: why }) => [`${node} was given up`, why] as const),
    ...(report.error === undefined ? [] : [["the run", report.error] as const]),
  ]) {
    add("pg-mig", { name, seconds: 0, content: problem("error", error), kind: "error" });
  }
  return [...suites].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, cases]) => ({ name, cases }));
}

function nodeCase(places: readonly [Place, ...Place[]]): string {
  return `${places[0].node} (${countOf(places.length, "shard")})`;
}

function shardCase({ node, shard }: Place): string {
  return `${node}:${shownShard(shard)}`;
}

function problem(element: "failure" | "error", error: ErrorInfo): string {
  const text = [
    error.message,
    renderLocation(error.where),
    error.excerpt,
    error.server?.detail,
    error.hint,
  ].filter((part) => part !== undefined && part !== "");
  return `<${element} message="${attribute(error.message)}" type="${attribute(error.code)}">${markup(text.join("\n"))}</${element}>`;
}

/** A line feed in an attribute becomes a blank when it is read: as a reference it stays. */
function attribute(text: string): string {
  return markup(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}

function suiteElement(
  { name, cases }: { readonly name: string; readonly cases: readonly Case[] },
  startedAt: string,
): string {
  const of = (kind: Case["kind"]) => cases.filter((one) => one.kind === kind).length;
  const time = cases.reduce((sum, one) => sum + one.seconds, 0);
  const elements = cases.map(
    (one) =>
      `<testcase classname="${attribute(name)}" name="${attribute(one.name)}" time="${one.seconds.toFixed(3)}">${one.content}</testcase>`,
  );
  return `<testsuite name="${attribute(name)}" tests="${cases.length}" failures="${of("failure")}" errors="${of("error")}" skipped="${of("skipped")}" timestamp="${attribute(startedAt.slice(0, 19))}" time="${time.toFixed(3)}">
${elements.join("\n")}
</testsuite>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
