import { type Report, RunReducer, type Warning } from "@pg-mig/report";
import { anyRun, failureOn, reportOf, serverError, shardNames } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderLine } from "./styled-line.js";
import { summaryLines } from "./summary.js";

function summary(more: Partial<Report>, columns = 79): string {
  const lines = summaryLines(reportOf(more), { detail: "brief", columns });
  return lines.map((spans) => renderLine(spans, { colors: false })).join("\n");
}

const on = (node: string, shards: readonly string[]) => shards.map((shard) => ({ node, shard }));

/** The first number of a text; 0 if there is none. */
const numberIn = (text: string | undefined) =>
  Number(/[\d,]+/.exec(text ?? "")?.[0].replaceAll(",", "") ?? 0);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe("summaryLines", () => {
  it("says what the report holds, for any run", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const run = new RunReducer(0);
        for (const event of events) {
          run.add(event, 0);
        }
        const report = run.report("failed", 5, {
          startedAt: "2026-01-12T10:20:30.000Z",
          origin: {},
          latest: [],
          edited: [],
        });
        const lines = summaryLines(report, { detail: "brief", columns: 79 });
        const texts = lines.map((spans) => spans.map(({ text }) => text).join(""));
        /** The lines from one that is just this title to the next empty one. */
        const section = (title: string) => {
          const start = texts.indexOf(title);
          return start === -1 ? [] : lines.slice(start + 1, texts.indexOf("", start));
        };

        const totals = texts.findLast((text) => text.startsWith("Failed: "));
        const { planned, done, alreadyDone, failed, inDoubt, notAttempted } = report;
        const told = (pattern: RegExp) => numberIn(pattern.exec(totals ?? "")?.[0]);
        expect(totals).toMatch(
          planned === 0 ? /no version/ : new RegExp(`^Failed: ${done} of ${planned} `),
        );
        expect(told(/\d+ by another run/)).toBe(alreadyDone);
        expect(told(/\d+ failed/)).toBe(failed.length);
        expect(told(/\d+ in doubt/)).toBe(inDoubt.length);
        expect(told(/\d+ not attempted/)).toBe(notAttempted);

        expect(sum(section("Applied:").map((spans) => numberIn(spans.at(-1)?.text)))).toBe(done);
        const warnings = section("Warnings:");
        const groups = warnings.filter(([span]) => span?.tone === "quiet").length;
        const repeated = warnings.flatMap(
          ([span]) => / \((\d+) times\)$/.exec(span?.text ?? "")?.[1] ?? [],
        );
        expect(groups - repeated.length + sum(repeated.map(Number))).toBe(report.warnings.length);
        const because = texts.filter((text) =>
          text.startsWith("Not attempted because the run was"),
        );
        expect(sum(because.map(numberIn))).toBe(
          sum(report.abandoned.map((chain) => chain.notAttempted.length)),
        );
      }),
    );
  });

  it("names the nodes that were given up, and what to do", () => {
    const error = { code: "NODE_UNREACHABLE", message: "No server accepts.", hint: "Start it." };
    const report = reportOf({ outcome: "failed", lostNodes: [{ node: "n1", error }] });
    const lines = summaryLines(report, { detail: "brief", columns: 79 });
    const text = lines.map((spans) => spans.map((span) => span.text).join("")).join("\n");
    expect(text).toContain("n1 was given up: No server accepts.\n  what to do: Start it.");
  });

  it("names the servers and databases that it is about", () => {
    const addresses = ["db1:5432/app", "db2:5432/app"];
    expect(summary({ outcome: "nothing-to-do", addresses })).toBe(
      "Nodes: db1, db2 (port 5432, database app)\nNothing to do.",
    );
  });

  it("says that there is nothing to do, and no more", () => {
    expect(summary({ outcome: "nothing-to-do" })).toBe("Nothing to do.");
  });

  it("lists per version the shards it was done on, then the totals", () => {
    const doneByVersion = [
      { version: "20240101.initial.public", shards: on("node1", ["public"]) },
      {
        version: "20240102.add.sh",
        shards: [...on("node1", shardNames(24)), ...on("node2", shardNames(3))],
      },
    ];
    expect(summary({ planned: 28, done: 28, doneByVersion })).toBe(
      `Applied:
  20240101.initial.public    1 shard  node1:public
  20240102.add.sh          27 shards  node1:sh0000-0023; node2:sh0000-0002

Done: 28 of 28 steps applied, in 1.2 s.`,
    );
  });

  it("gives each version one line, however its shards are spread", () => {
    const everyOther = shardNames(600).filter((_, index) => index % 2 === 0);
    const doneByVersion = ["1.a.sh", "2.b.sh"].map((version) => ({
      version,
      shards: ["node1", "node2", "node3"].flatMap((node) => on(node, everyOther)),
    }));
    expect(summary({ planned: 1800, done: 1800, doneByVersion })).toBe(
      `Applied:
  1.a.sh  900 shards on 3 nodes
  2.b.sh  900 shards on 3 nodes

Done: 1,800 of 1,800 steps applied, in 1.2 s.`,
    );
    const narrow = summary({ doneByVersion }, 31);
    expect(narrow).toContain("Applied:\n  1.a.sh  900 shards on 3 nodes\n");
    expect(summary({ doneByVersion }, 30)).toContain("Applied:\n  1.a.sh  900 shards\n");
  });

  it("puts the failure, the totals and the next step last", () => {
    const doneByVersion = [{ version: "1.a.sh", shards: on("node1", ["sh0001"]) }];
    const text = summary({
      outcome: "failed",
      addresses: ["db1:5432/app"],
      planned: 2,
      done: 1,
      doneByVersion,
      latest: doneByVersion,
      warnings: [{ message: "Careful." }],
      failed: [failureOn("node1", "sh0007", { error: { code: "X", message: "No." } })],
    });
    expect(text.slice(text.indexOf("Nodes:"))).toBe(`Nodes: db1:5432/app

20240102.add.sh failed on node1:sh0007: No.
  more: pg-mig help X

Failed: 1 of 2 steps applied, 1 failed, in 1.2 s.
Fix what failed, then run pg-mig again. It resumes where this run stopped.`);
  });

  it("tells one failure with its place, source line, the server's words and what to do", () => {
    const error = serverError('syntax error at or near "TABEL"', {
      hint: "Fix the statement.",
      server: {
        sqlState: "42601",
        message: 'syntax error at or near "TABEL"',
        detail: "A detail.",
        hint: "A hint.",
      },
    });
    const failed = [failureOn("node2", "sh0007", { error, notAttempted: ["20240103.x.sh"] })];
    expect(summary({ outcome: "failed", planned: 3, done: 1, failed, notAttempted: 1 })).toBe(
      `20240102.add.sh failed on node2:sh0007: syntax error at or near "TABEL"
  at: migrations/20240102.add.sh.up.sql:3:8
    CREATE TABEL orders();
           ^
  SQLSTATE: 42601
  detail: A detail.
  PostgreSQL's hint: A hint.
  what to do: Fix the statement.
  more: pg-mig help SCRIPT_FAILED
  not attempted after it: 1 step

Failed: 1 of 3 steps applied, 1 failed, 1 not attempted, in 1.2 s.
Fix what failed, then run pg-mig again. It resumes where this run stopped.`,
    );
  });

  it("tells what failed on hundreds of shards for one reason once, with all of them", () => {
    const failed = [
      ...shardNames(300, 300).map((shard) => failureOn("node2", shard)),
      ...shardNames(300).map((shard) => failureOn("node1", shard)),
    ];
    const text = summary({ outcome: "failed", planned: 600, failed });
    expect(text.match(/failed on/g)).toHaveLength(1);
    expect(text).toContain(
      '20240102.add.sh failed on 600 shards: relation "sh0000.orders" does not exist\n',
    );
    expect(text).toContain("\n  shards: node1:sh0000-0299; node2:sh0300-0599\n");
  });

  it("says whose names and values it shows, if those of other shards differ", () => {
    const failed = [1, 2].map((key) =>
      failureOn("node1", `sh000${key}`, {
        error: serverError("not unique", {
          server: { sqlState: "23505", message: "not unique", detail: `Key (id)=(${key}).` },
        }),
      }),
    );
    expect(summary({ failed })).toContain("\n  names and values are those of: node1:sh0001\n");
    expect(summary({ failed: failed.slice(0, 1) })).not.toContain("names and values");
  });

  it("tells different reasons apart, and stays short when there are hundreds of them", () => {
    const reasons = shardNames(200).map((shard, index) =>
      failureOn("node1", shard, { error: serverError(`reason no ${index}`) }),
    );
    const lines = summary({ outcome: "failed", planned: 200, failed: reasons }).split("\n");
    expect(lines.filter((text) => text.includes(" failed on node1:"))).toHaveLength(200);
    expect(lines.length).toBeLessThan(350);
  });

  it("names the nodes where before.sql failed and what was not attempted for it", () => {
    const error = serverError("division by zero", { where: { file: "m/before.sql", line: 1 } });
    const abandoned = shardNames(4).map((shard) => ({
      reason: "hook-failed" as const,
      node: "node1",
      shard,
      notAttempted: ["v1", "v2"],
    }));
    const text = summary({
      outcome: "failed",
      planned: 8,
      notAttempted: 8,
      hookFailures: ["node1", "node2"].map((node) => ({ node, file: "before.sql", error })),
      abandoned,
    });
    expect(text).toContain(
      "before.sql failed on node1, node2: division by zero\n  at: m/before.sql:1\n",
    );
    expect(text).toContain(
      "Not attempted because before.sql failed: 8 steps on node1:sh0000-0003\n",
    );
  });

  it("is truthful about an interrupted run", () => {
    const abandoned = [
      {
        reason: "interrupted" as const,
        node: "node1",
        shard: "sh0001",
        notAttempted: ["v2", "v3"],
      },
    ];
    expect(
      summary({ outcome: "interrupted", planned: 3, done: 1, notAttempted: 2, abandoned }),
    ).toBe(
      `Interrupted: 1 of 3 steps applied, 2 not attempted, in 1.2 s.
Not attempted because the run was interrupted: 2 steps on node1:sh0001
Run pg-mig again. It resumes where this run stopped.`,
    );
  });

  it("does not call a step failed or done when its commit got no answer", () => {
    const error = { code: "CONNECTION_LOST", message: "The connection broke during COMMIT." };
    const inDoubt = [failureOn("node1", "sh0001", { error })];
    const text = summary({ outcome: "failed", planned: 2, done: 1, inDoubt });
    expect(text).toContain(
      "20240102.add.sh in doubt on node1:sh0001: The connection broke during COMMIT.",
    );
    expect(text).toContain("Failed: 1 of 2 steps applied, 1 in doubt, in 1.2 s.");
    expect(text).toContain("The next run reads it from the ledger.\nRun pg-mig again.");
  });

  it("speaks of undoing where the run undid", () => {
    const report = { action: "undo", outcome: "interrupted", planned: 2, done: 1 } as const;
    expect(summary(report)).toContain("1 of 2 steps undone");
    expect(summary(report)).toContain("Run the same undo again");
  });

  it("shows what the shards have now, and which files were edited since", () => {
    const latest = [{ version: "20240103.x.sh", shards: on("node1", shardNames(24)) }];
    const edited = [{ version: "20240102.add.sh", shards: on("node1", ["sh0003"]) }];
    expect(summary({ outcome: "nothing-to-do", latest, edited })).toBe(
      `Latest versions:
  20240103.x.sh  24 shards  node1:sh0000-0023

Edited since they were applied:
  20240102.add.sh  1 shard  node1:sh0003

Nothing to do.`,
    );
  });

  it("lists warnings, each once, with where they were raised", () => {
    const raised = shardNames(5).map(
      (shard): Warning => ({
        node: "node1",
        shard,
        version: "20240102.add.sh",
        message: `identifier "${shard}_long" will be truncated`,
      }),
    );
    const warnings: Warning[] = [
      ...raised,
      { node: "node3", message: "node3 is a replica and was skipped." },
    ];
    expect(summary({ planned: 5, done: 5, warnings })).toBe(
      `Warnings:
  identifier "sh0000_long" will be truncated (5 times)
    20240102.add.sh on node1:sh0000-0004
  node3 is a replica and was skipped.
    node3

Done: 5 of 5 steps applied, in 1.2 s.`,
    );
  });
});
