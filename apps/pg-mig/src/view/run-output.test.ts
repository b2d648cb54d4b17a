import type { RunEvent } from "@pg-mig/report";
import { anyRun, reportOf, runStart } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeTerminal, fakeExit, ManualClock } from "./fake-terminal.test.support.js";
import { createRunOutput } from "./run-output.js";
import type { Terminal } from "./terminal.js";

function output(format: "text" | "json", stderr: Terminal = new FakeTerminal()) {
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
  const view = createRunOutput({ format, stdout, stderr, clock, onExit });
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
    expect(terminal.lines[1]).toContain("0/1");
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
