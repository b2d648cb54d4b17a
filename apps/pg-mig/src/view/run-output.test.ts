import type { RunEvent } from "@pg-mig/report";
import { anyRun, reportOf, runStart } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedView } from "./counted-view.test.support.js";
import { FakeTerminal, fakeExit, ManualClock } from "./fake-terminal.test.support.js";
import { createRunOutput } from "./run-output.js";
import type { Terminal } from "./terminal.js";

function output(
  format: "text" | "json",
  stderr: Terminal = new FakeTerminal(),
  detail: "problems" | "brief" | "all" = "brief",
) {
  const printed: string[] = [];
  const stdout: Terminal = {
    write: (text) => void printed.push(text),
    columns: () => 80,
    rows: () => 24,
    isTty: false,
    colors: false,
  };
  const clock = new ManualClock();
  const { onExit } = fakeExit();
  const view = countedView(clock, (progress) =>
    createRunOutput({ format, detail, stdout, stderr, progress, clock, onExit }),
  );
  return { clock, stderr, view, stdout: () => printed.join("") };
}

const warning = { node: "n", shard: "a", version: "v", message: "Careful." };
const runDone: RunEvent = {
  type: "run:done",
  report: reportOf({ planned: 1, done: 1, warnings: [warning] }),
};

describe("createRunOutput", () => {
  it("draws the progress on stderr and prints the summary on stdout", () => {
    const terminal = new FakeTerminal();
    const { clock, stdout, view } = output("text", terminal);
    view.handle(runStart(["n"], 1));
    view.handle({ type: "warning", ...warning });
    clock.advance(200);
    expect(terminal.lines[2]).toContain("0/1");
    expect(stdout()).toBe("");
    view.handle(runDone);
    expect(terminal.lines).toEqual(["Applying 1 step on 1 of 1 shard, 1 node: n:5432/app"]);
    expect(stdout()).toContain("Warnings:\n  Careful.\n    v on n:a\n");
    expect(stdout()).toContain("\nDone: 1 of 1 step applied, in 1.2 s.\n");
  });

  it("writes plain lines where stderr is no terminal", () => {
    const lines: string[] = [];
    const pipe = { ...output("text").stderr, write: (text: string) => void lines.push(text) };
    const { view } = output("text", {
      ...pipe,
      columns: () => 80,
      rows: () => 24,
      isTty: false,
      colors: false,
    });
    view.handle(runStart(["n"], 1));
    expect(lines).toEqual(["Applying 1 step on 1 of 1 shard, 1 node: n:5432/app\n"]);
  });

  it("prints nothing of a run that went well when only problems are wanted, but its warnings", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const terminal = new FakeTerminal();
        const { stdout, view } = output("text", terminal, "problems");
        for (const event of events.filter(({ type }) => type !== "run:done")) {
          view.handle(event);
        }
        view.handle({ type: "run:done", report: reportOf({ planned: 1, done: 1 }) });
        expect(terminal.writes).toBe(0);
        expect(stdout()).toBe("");
        view.handle(runDone);
        expect(stdout()).toBe("Warnings:\n  Careful.\n    v on n:a\n");
        view.say("Stopping.");
        expect(terminal.lines).toEqual(["Stopping."]);
      }),
    );
  });

  it("prints the whole summary of a run that failed when only problems are wanted", () => {
    const report = reportOf({ outcome: "failed", planned: 2, notAttempted: 2 });
    const { stdout, view } = output("text", new FakeTerminal(), "problems");
    view.handle({ type: "run:done", report });
    expect(stdout()).toMatch(/^Failed: 0 of 2 steps applied, 2 not attempted/m);
  });

  it("prints a line for each step of any run when all is wanted, and draws nothing over", () => {
    const terminal = new FakeTerminal();
    const { view } = output("text", terminal, "all");
    view.handle(runStart(["n"], 25));
    for (let i = 0; i < 25; i++) {
      const step = { node: "n", shard: `sh${i}`, version: "v" };
      view.handle({ type: "step:start", ...step });
      view.handle({ type: "step:done", ...step, durationMs: 1 });
      view.handle({ type: "output", ...step, file: "f", line: `said ${i}` });
    }
    expect(terminal.lines.filter((text) => text.startsWith("done n:sh"))).toHaveLength(25);
    expect(terminal.lines.filter((text) => text.includes(" said "))).toHaveLength(25);
  });

  it("writes each event as one line of JSON, and nothing else anywhere", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const terminal = new FakeTerminal();
        const { stdout, view } = output("json", terminal);
        for (const event of [...events, runDone]) {
          view.handle(event);
        }
        view.stop();
        expect(terminal.writes).toBe(0);
        view.say("Stopping.");
        expect(terminal.lines).toEqual(["Stopping."]);
        const lines = stdout().trimEnd().split("\n");
        expect(lines.map((text) => JSON.parse(text))).toEqual([...events, runDone]);
      }),
    );
  });
});
