import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../report.js";
import { RunReducer } from "../run-reducer.js";
import { anyName, anyRun, failureOn, reportOf, serverError, shardNames } from "../testing/index.js";
import { renderHtmlReport } from "./html-report.js";
import { renderJunitReport } from "./junit-report.js";
import { renderMarkdownReport } from "./markdown-report.js";
import { style, styleHash } from "./report-style.js";

/** What a server or a file could say to get out of its place. */
const hostile = fc.oneof(
  anyName,
  fc.constantFrom(
    "<script>document.title = 1</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}",
    "</pre></main>-->",
    "<!--",
    "]]>",
    "&lt;b&gt; &#60;",
    "```\n# a title\n<b>x</b>",
    "[link](javascript:alert(1)) | a | b |",
    "javascript:alert(1)",
    "\uD800 \u0000 \uFFFF \u202E",
  ),
);

/** Reports of any run, in whose every text anything can stand. */
const anyReport: fc.Arbitrary<Report> = fc
  .record({ events: anyRun, text: hostile, other: hostile })
  .map(({ events, text, other }) => {
    const run = new RunReducer(0);
    for (const [index, event] of events.entries()) {
      run.add(event, index * 100);
    }
    const report = run.report("failed", 5000, {
      startedAt: "2026-01-12T10:20:30.000Z",
      origin: { user: text, host: other, program: text, commit: other },
      latest: [{ version: text, shards: [{ node: text, shard: other }] }],
      edited: [{ version: other, shards: [{ node: other, shard: text }] }],
      pausedBy: text,
    });
    const error = serverError(text, {
      excerpt: other,
      hint: text,
      server: { message: other, detail: text, hint: other, context: text },
    });
    return {
      ...report,
      addresses: [text],
      failed: [...report.failed, failureOn(text, other, { version: other, error })],
      lostNodes: [{ node: other, error }],
      hookFailures: [{ node: text, file: other, error }],
      warnings: [...report.warnings, { message: text, node: other }],
      error,
    };
  });

/** Every tag of a text, with all that is in it; throws if a `<` belongs to none. */
function tagsOf(page: string, tag: RegExp): string[] {
  const tags = [...page.matchAll(new RegExp(tag, "g"))].map(([found]) => found);
  expect(page.replaceAll(new RegExp(tag, "g"), "")).not.toMatch(/[<>]/);
  return tags;
}

/** Throws if tags are not closed in the order in which they were opened. */
function ensureNested(tags: readonly string[], empty: RegExp): void {
  const open: string[] = [];
  for (const tag of tags) {
    const name = /^<\/?([\w-]+)/.exec(tag)?.[1] ?? "";
    if (tag.startsWith("</")) {
      expect(open.pop()).toBe(name);
    } else if (!tag.endsWith("/>") && !empty.test(name)) {
      open.push(name);
    }
  }
  expect(open).toEqual([]);
}

const attributes = '(?: [a-zA-Z-]+="[^"<>]*")*';

describe("renderHtmlReport", () => {
  it("has no tag and no attribute but its own, whatever the texts are", () => {
    const names =
      "html|head|meta|title|main|body|h1|h2|h3|dl|dt|dd|section|article|p|pre|ul|li|span|figure|figcaption|svg|path|div|table|thead|tbody|tr|th|td|br|small";
    const tag = new RegExp(`</?(?:${names})${attributes}/?>`);
    const known =
      /^(?:lang|charset|http-equiv|content|name|class|viewBox|role|aria-label|d|preserveAspectRatio|scope|tabindex)$/;
    fc.assert(
      fc.property(anyReport, (report) => {
        const page = renderHtmlReport(report)
          .replace("<!doctype html>", "")
          .replace(/<style>[^<]*<\/style>/, "");
        const tags = tagsOf(page, tag);
        ensureNested(tags, /^(?:meta|br)$/);
        for (const found of tags) {
          for (const [, name = ""] of found.matchAll(/ ([a-zA-Z-]+)="/g)) {
            expect(name).toMatch(known);
          }
        }
      }),
    );
  });

  it("shows one failed shard of ten thousand in the bar of its node", () => {
    const shards = Array.from({ length: 10_000 }, (_, i) => ({ node: "n", shard: `sh${i}` }));
    const page = renderHtmlReport(
      reportOf({
        failed: [failureOn("n", "sh7")],
        doneByVersion: [{ version: "1.a.sh", shards }],
      }),
    );
    const widths = [...page.matchAll(/<path class="(failed|done)" d="M[\d.]+ 0h([\d.]+)v10/g)];
    const [failed = 0, done = 0] = widths.map(([, , width]) => Number(width));
    // Of 640, which are 320 pixels of a telephone.
    expect(failed).toBeGreaterThan(10);
    expect(failed + done).toBeCloseTo(640, 0);
  });

  it("allows its own style, and nothing else", () => {
    const hash = createHash("sha256").update(style).digest("base64");
    expect(styleHash).toBe(`sha256-${hash}`);
    expect(renderHtmlReport(reportOf({}))).toContain(
      `content="default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'"`,
    );
  });

  it("asks nothing of any network", () => {
    const page = renderHtmlReport(reportOf({ failed: [failureOn("n", "a")] }));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/\b(?:src|href|action)=|url\(|@import|https?:/i);
  });

  it("tells what failed before all else, and how many shards of a node are in which state", () => {
    const on = (shards: readonly string[]) => shards.map((shard) => ({ node: "db1", shard }));
    const page = renderHtmlReport(
      reportOf({
        outcome: "failed",
        planned: 12,
        done: 10,
        latest: [{ version: "2.b.sh", shards: on(shardNames(20)) }],
        doneByVersion: [{ version: "2.b.sh", shards: on(shardNames(10)) }],
        failed: [failureOn("db1", "sh0010")],
        abandoned: [
          { node: "db1", shard: "sh0011", reason: "interrupted", notAttempted: ["2.b.sh"] },
        ],
      }),
    );
    const titles = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(titles.slice(0, 3)).toEqual(["What failed", "Not attempted", "Shards"]);
    expect(page).toContain("db1: 20 shards, 1 failed, 1 not finished, 10 done, 8 nothing to do");
  });

  it("stays small with a million steps", () => {
    const nodes = Array.from({ length: 40 }, (_, index) => `db${index}`);
    const shards = nodes.flatMap((node) => shardNames(1000).map((shard) => ({ node, shard })));
    const versions = Array.from({ length: 25 }, (_, index) => `${index + 10}.v.sh`);
    const page = renderHtmlReport(
      reportOf({
        planned: 1_000_000,
        done: 1_000_000,
        doneByVersion: versions.map((version) => ({ version, shards })),
        latest: [{ version: "34.v.sh", shards }],
      }),
    );
    expect(page).toContain("1,000,000 of 1,000,000 steps applied");
    expect(page.length).toBeLessThan(1_000_000);
  });
});

describe("renderJunitReport", () => {
  it("is well-formed, and counts what is in it, whatever the texts are", () => {
    const tag = new RegExp(
      `</?(?:testsuites|testsuite|testcase|failure|error|skipped)${attributes}/?>`,
    );
    fc.assert(
      fc.property(anyReport, (report) => {
        const file = renderJunitReport(report);
        expect(file).not.toMatch(/[^\t\n\u0020-\uFFFD\u{10000}-\u{10FFFF}]|\p{Cs}/u);
        const tags = tagsOf(file.replace(/^<\?xml [^>]*\?>/, ""), tag);
        ensureNested(tags, /^$/);
        const count = (start: string) => tags.filter((found) => found.startsWith(start)).length;
        const told = (what: string) =>
          Number(new RegExp(` ${what}="(\\d+)"`).exec(tags[0] ?? "")?.[1]);
        expect(told("tests")).toBe(count("<testcase "));
        expect(told("failures")).toBe(count("<failure "));
        expect(told("errors")).toBe(count("<error "));
        expect(told("skipped")).toBe(count("<skipped "));
      }),
    );
  });

  it("has a case for each shard that failed, and one a node for those that went well", () => {
    const shards = shardNames(350).map((shard) => ({ node: "db1", shard }));
    const file = renderJunitReport(
      reportOf({
        outcome: "failed",
        doneByVersion: [{ version: "1.a.sh", shards }],
        failed: [
          failureOn("db1", "sh0400", { version: "1.a.sh", notAttempted: ["2.b.sh"] }),
          failureOn("db1", "sh0401", { version: "1.a.sh", notAttempted: ["2.b.sh"] }),
        ],
      }),
    );
    expect(file).toContain('<testcase classname="1.a.sh" name="db1 (350 shards)"');
    expect(file).toContain('<testcase classname="1.a.sh" name="db1:sh0400"');
    expect(file).toContain('<testcase classname="2.b.sh" name="db1 (2 shards)"');
    expect(file).toMatch(/^<testsuites .*tests="4" failures="2" errors="0" skipped="1"/m);
  });
});

describe("renderMarkdownReport", () => {
  it("lets no text be a title, a link, a table or HTML", () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const lines = renderMarkdownReport(report).split("\n");
        let fence: string | undefined;
        const outside: string[] = [];
        for (const text of lines) {
          const ticks = /^(`{3,})(?:text)?$/.exec(text)?.[1];
          if (fence === undefined && ticks !== undefined && text.endsWith("text")) {
            fence = ticks;
          } else if (fence !== undefined && text === fence) {
            fence = undefined;
          } else if (fence === undefined) {
            outside.push(text);
          }
        }
        expect(fence).toBeUndefined();
        for (const text of outside) {
          expect(text).not.toMatch(/[<>]|\]\(|(?<!\\)`/);
          expect(text).toMatch(/^(?:$|# Failed: |## |### |- |\| |\|---|… and )/);
        }
      }),
    );
  });
});
