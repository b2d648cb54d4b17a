import type { RunEvent } from "@pg-mig/report";
import { anyRun, failureOn, reportOf, runStart, shardNames } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedView } from "./counted-view.test.support.js";
import { FakeTerminal, fakeExit, ManualClock } from "./fake-terminal.test.support.js";
import { createLiveView } from "./live-view.js";

function liveView(columns?: number, rows?: number) {
  const terminal = new FakeTerminal(columns, rows);
  const clock = new ManualClock();
  const { onExit, leave, waiting } = fakeExit();
  const view = countedView(clock, (progress) =>
    createLiveView({ terminal, progress, clock, onExit }),
  );
  return { terminal, clock, leave, waiting, view };
}

const started = (shard: string): RunEvent => ({
  type: "step:start",
  node: "n",
  shard,
  version: "v",
});
const failed = (shard: string): RunEvent => ({
  type: "step:failed",
  durationMs: 1,
  ...failureOn("n", shard),
});
const runDone: RunEvent = { type: "run:done", report: reportOf({}) };

/** Which servers and databases a run of three steps is about. */
const header = "Applying 3 steps on 3 of 3 shards, 1 node: n:5432/app";

describe("createLiveView", () => {
  it("writes ten times a second at most, and not at all while nothing changes", () => {
    const { terminal, clock, view } = liveView();
    view.handle(runStart(["n"], 500));
    for (const shard of shardNames(500)) {
      view.handle(started(shard));
      clock.advance(2);
      view.handle({ type: "step:done", node: "n", shard, version: "v", durationMs: 2 });
    }
    expect(terminal.writes).toBeGreaterThan(5);
    expect(terminal.writes).toBeLessThanOrEqual(10);
    clock.advance(100);
    const before = terminal.writes;
    clock.advance(800);
    expect(terminal.writes - before).toBeLessThanOrEqual(1);
  });

  it("draws less often if a frame takes long, so that the run has the time", () => {
    const { terminal, clock, view } = liveView();
    const { now } = clock;
    // Each look at the clock takes 5 ms, and so does a frame, at least.
    let spentMs = 0;
    clock.now = () => {
      spentMs += 5;
      return now.call(clock) + spentMs;
    };
    view.handle(runStart(["n"], 500));
    const before = terminal.writes;
    for (const shard of shardNames(100)) {
      view.handle(started(shard));
      clock.advance(100);
    }
    // Ten seconds would have a hundred frames.
    expect(terminal.writes - before).toBeGreaterThan(5);
    expect(terminal.writes - before).toBeLessThan(75);
  });

  it("writes nothing before the run starts", () => {
    const { terminal, clock, view } = liveView();
    clock.advance(5000);
    view.stop();
    expect(terminal.writes).toBe(0);
  });

  it("shows a note that comes before the run starts, with nothing below it", () => {
    const { terminal, clock, view } = liveView();
    view.handle({ type: "note", message: "Waiting for node1 to start." });
    clock.advance(5000);
    expect(terminal.lines).toEqual(["Waiting for node1 to start."]);
  });

  it("shows what the command itself says above the area", () => {
    const { terminal, clock, view } = liveView();
    view.handle(runStart(["n"], 3));
    clock.advance(100);
    view.say("Stopping.");
    clock.advance(100);
    expect(terminal.lines.slice(0, 2)).toEqual([header, "Stopping."]);
    expect(terminal.lines[3]).toContain("0/3");
    view.stop();
    view.say("Stopped.");
    expect(terminal.lines).toEqual([header, "Stopping.", "Stopped."]);
    expect(terminal.cursor).toBe("shown");
  });

  it("names every node above the area, however narrow the window", () => {
    const { terminal, clock, view } = liveView(20);
    view.handle(runStart(["alpha", "beta", "gamma"], 3));
    clock.advance(100);
    const shown = terminal.lines.map((text) => text.trim()).join(" ");
    expect(shown).toContain("3 nodes: alpha, beta, gamma (port 5432, database app)");
  });

  it("leaves failures above the area and erases the area at the end", () => {
    const { terminal, clock, view, waiting } = liveView();
    view.handle(runStart(["n"], 3));
    view.handle(started("sh0001"));
    clock.advance(100);
    view.handle(failed("sh0001"));
    clock.advance(100);
    expect(terminal.cursor).toBe("hidden");
    const failure =
      'failed n:sh0001 20240102.add.sh at migrations/20240102.add.sh.up.sql:3:8: relation "sh0001.orders" does not exist';
    expect(terminal.lines[0]).toBe(header);
    const unwrapped = (lines: readonly string[]) => lines.map((text) => text.trim()).join(" ");
    expect(unwrapped(terminal.lines.slice(1, 3))).toBe(failure);
    expect(terminal.lines[4]).toMatch(/^\[=+-+\] 1\/3/);
    view.handle(runDone);
    expect(unwrapped(terminal.lines.slice(1))).toBe(failure);
    expect(terminal.cursor).toBe("shown");
    expect([clock.timers, waiting()]).toEqual([0, 0]);
  });

  it("shows the same failure on hundreds of shards a few times, then counts", () => {
    const { terminal, clock, view } = liveView(200);
    view.handle(runStart(["n"], 400));
    for (const shard of shardNames(300)) {
      view.handle(failed(shard));
    }
    clock.advance(100);
    expect(terminal.lines.filter((text) => text.startsWith("failed "))).toHaveLength(3);
    expect(terminal.lines).toContain("  … the same on more shards; all are listed at the end");
    expect(terminal.lines).toContain("300 failed");
  });

  it("takes half of the screen at most, however much there is to show", () => {
    const { terminal, clock, view } = liveView(200, 12);
    const nodes = shardNames(50);
    view.handle(runStart(nodes, 400));
    for (const node of nodes) {
      view.handle({ type: "step:start", node, shard: "a", version: "v" });
    }
    clock.advance(60_000);
    const before = terminal.lines.length;
    view.stop();
    expect(before - terminal.lines.length).toBe(6);
  });

  it("brings the cursor back when the process ends in the middle of a run", () => {
    const { terminal, clock, view, leave } = liveView();
    view.handle(runStart(["n"], 3));
    clock.advance(100);
    leave();
    expect(terminal.cursor).toBe("shown");
    expect(terminal.lines).toEqual([header]);
    const { writes } = terminal;
    view.stop();
    clock.advance(1000);
    expect(terminal.writes).toBe(writes);
  });

  it("never lets a line wrap and leaves only what it announced, for any run and window", () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 2, max: 90 }),
        fc.integer({ min: 2, max: 20 }),
        (events, columns, rows) => {
          const { terminal, clock, view } = liveView(columns, rows);
          const isAnnounced = ({ type }: RunEvent) => /^node:|^step:(failed|in-doubt)$/.test(type);
          for (const event of events.filter((one) => !isAnnounced(one))) {
            view.handle(event);
            clock.advance(60);
          }
          view.stop();
          const headed = liveView(columns, rows);
          for (const event of events.filter(({ type }) => type === "run:start")) {
            headed.view.handle(event);
          }
          headed.view.stop();
          // The header alone may wrap: it names every node.
          expect(terminal.wraps).toBe(headed.terminal.wraps);
          expect(terminal.lines).toEqual(headed.terminal.lines);
        },
      ),
    );
  });
});
