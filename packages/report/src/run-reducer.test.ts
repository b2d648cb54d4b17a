import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorInfo } from "./error-info.js";
import type { RunEvent } from "./run-event.js";
import { finishedSteps } from "./run-model.js";
import { RunReducer } from "./run-reducer.js";
import { anyRun } from "./testing/any-run.js";

const error: ErrorInfo = { code: "SCRIPT_FAILED", message: "no" };
const on = (node: string, shard: string, version: string) => ({ node, shard, version });

function reduced(events: readonly RunEvent[]) {
  const run = new RunReducer(1000);
  for (const event of events) {
    run.add(event, 1000);
  }
  return run;
}

function build(events: readonly RunEvent[]) {
  return reduced(events).report("failed", 3500, {
    startedAt: "2026-01-12T10:20:30.000Z",
    origin: {},
    latest: [],
    edited: [],
  });
}

const unlisted = { stepsByNode: [], stepsByVersion: [] };

describe("RunReducer.report", () => {
  it("keeps 10,000 warnings of the servers, and all of the tool's own, and counts the others", () => {
    const warning = {
      type: "warning",
      node: "a",
      shard: "s",
      version: "1.a.s",
      message: "w",
    } as const;
    const events: RunEvent[] = Array.from({ length: 10_007 }, () => warning);
    const report = build([...events, { type: "warning", message: "A prefix matches nothing." }]);
    expect(report.warnings).toHaveLength(10_001);
    expect(report.unlistedWarnings).toBe(7);
    expect(build([warning]).unlistedWarnings).toBeUndefined();
  });

  it("lists the nodes that were given up, but for those that came back", () => {
    const lost = (node: string): RunEvent => ({ type: "node:lost", node, error, awayMs: 5 });
    const report = build([lost("a"), lost("b"), { type: "node:back", node: "a", awayMs: 9 }]);
    expect(report.lostNodes).toEqual([{ node: "b", error }]);
  });

  it("tells which nodes were paused, for how long in all, and why at last", () => {
    const run = new RunReducer(0);
    const paused = (node: string, why: string): RunEvent => {
      return { type: "node:paused", node, reasons: ["active"], why };
    };
    const resumed = (node: string): RunEvent => ({ type: "node:resumed", node, pausedMs: 1 });
    run.add(paused("a", "first"), 100);
    run.add(paused("a", "second"), 150);
    run.add(resumed("a"), 300);
    expect([...run.model.paused]).toEqual([]);
    run.add(paused("a", "third"), 400);
    run.add(paused("b", "other"), 500);
    expect([...run.model.paused.keys()]).toEqual(["a", "b"]);
    const report = run.report("paused", 1000, {
      startedAt: "",
      origin: {},
      latest: [],
      edited: [],
    });
    expect(report.pausedNodes).toEqual([
      { node: "a", why: "third", pausedMs: 800 },
      { node: "b", why: "other", pausedMs: 500 },
    ]);
    expect(build([])).not.toHaveProperty("pausedNodes");
  });

  it("counts every planned step in exactly one place", () => {
    const report = build([
      {
        type: "run:start",
        action: "apply",
        nodes: ["a"],
        addresses: ["a:5432/app"],
        shards: 3,
        chains: 3,
        steps: 6,
        ...unlisted,
      },
      { type: "round:start", round: 2, chains: 1, steps: 2, ...unlisted },
      { type: "step:done", ...on("a", "sh2", "v1"), durationMs: 1 },
      { type: "step:done", ...on("a", "sh1", "v1"), durationMs: 1 },
      { type: "step:already-done", ...on("a", "sh1", "v2") },
      {
        type: "step:requeued",
        ...on("a", "sh3", "v1"),
        reason: "deadlock",
        attempt: 1,
        delayMs: 5,
      },
      { type: "step:failed", ...on("a", "sh3", "v1"), durationMs: 1, error, notAttempted: ["v2"] },
      { type: "step:in-doubt", ...on("a", "sh2", "v2"), error, notAttempted: [] },
    ]);
    expect(report).toMatchObject({
      durationMs: 2500,
      planned: 8,
      done: 2,
      alreadyDone: 1,
      failed: [on("a", "sh3", "v1")],
      inDoubt: [on("a", "sh2", "v2")],
      notAttempted: 3,
      doneByVersion: [
        {
          version: "v1",
          shards: [
            { node: "a", shard: "sh1" },
            { node: "a", shard: "sh2" },
          ],
        },
      ],
    });
  });

  it("counts a step that vanished as not done, and once when it is done again", () => {
    const once = [
      {
        type: "run:start",
        action: "apply",
        nodes: ["a"],
        addresses: ["a:5432/app"],
        shards: 2,
        chains: 2,
        steps: 2,
        ...unlisted,
      },
      { type: "step:done", ...on("a", "sh1", "v1"), durationMs: 1 },
      { type: "step:done", ...on("a", "sh2", "v1"), durationMs: 1 },
      { type: "step:vanished", ...on("a", "sh2", "v1"), doneBy: "this-run" },
    ] as const;
    expect(build(once)).toMatchObject({ planned: 2, done: 1, notAttempted: 1 });
    expect(build(once).doneByVersion).toEqual([
      { version: "v1", shards: [{ node: "a", shard: "sh1" }] },
    ]);
    const again = build([...once, { type: "step:done", ...on("a", "sh2", "v1"), durationMs: 1 }]);
    expect(again).toMatchObject({ planned: 2, done: 2, notAttempted: 0 });
    const earlier = build([
      ...once,
      { type: "step:vanished", ...on("a", "sh2", "v0"), doneBy: "earlier-run" },
    ]);
    expect(earlier).toMatchObject({ planned: 3, done: 1, notAttempted: 2 });
  });

  it("counts what became of each step last, as the model of a view does", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        // What is known of each step, by the event that told it last.
        const last = new Map<string, string>();
        for (const event of events) {
          if ("version" in event && /done|failed|in-doubt|vanished/.test(event.type)) {
            last.set(JSON.stringify([event.node, event.shard, event.version]), event.type);
          }
        }
        const ended = (type: string) => [...last.values()].filter((end) => end === type).length;
        const ofType = <TType extends RunEvent["type"]>(type: TType) =>
          events.filter(
            (event): event is Extract<RunEvent, { type: TType }> => event.type === type,
          );
        // A step that another run did and that is gone is planned once more, as one that was undone.
        const givenBack = ofType("step:already-done").length - ended("step:already-done");

        const report = build(events);
        expect(report.done).toBe(ended("step:done"));
        expect(report.doneByVersion.flatMap(({ shards }) => shards)).toHaveLength(report.done);
        expect(report.alreadyDone - givenBack).toBe(ended("step:already-done"));
        expect(report.failed).toHaveLength(ended("step:failed"));
        expect(report.inDoubt).toHaveLength(ended("step:in-doubt"));
        const start = ofType("run:start").reduce((sum, { steps }) => sum + steps, 0);
        expect(report.planned).toBe(start + givenBack);
        expect(report.warnings.map((warning) => ({ type: "warning", ...warning }))).toEqual(
          ofType("warning"),
        );
        const abandoned = report.abandoned.map((chain) => ({ type: "chain:abandoned", ...chain }));
        expect(new Set(abandoned)).toEqual(new Set(ofType("chain:abandoned")));

        const { model } = reduced(events);
        const { planned, done, alreadyDone, failed, inDoubt, notAttempted } = report;
        expect(model).toMatchObject({ planned, done, alreadyDone });
        expect(finishedSteps(model)).toBe(done + alreadyDone + failed.length + inDoubt.length);
        expect(finishedSteps(model) + notAttempted).toBe(planned);
        expect(model.givenUp).toBeLessThanOrEqual(notAttempted);
        // By node and by version, it is the same.
        const counts = { planned, finished: done + alreadyDone, givenUp: model.givenUp };
        const bad = failed.length + inDoubt.length;
        for (const rows of [model.nodes, model.versions]) {
          const all = [...rows.values()];
          const sum = (what: "planned" | "finished" | "failed" | "givenUp") =>
            all.reduce((total, row) => total + row[what], 0);
          expect({
            planned: sum("planned"),
            finished: sum("finished"),
            givenUp: sum("givenUp"),
          }).toEqual(counts);
          expect(sum("failed")).toBe(bad);
        }
        const ofReasons = [...model.failureCounts.values()].map(({ count }) => count);
        expect(ofReasons.reduce((total, count) => total + count, 0)).toBe(bad);
      }),
    );
  });

  it("survives JSON", () => {
    const report = build([
      {
        type: "run:start",
        action: "apply",
        nodes: ["a"],
        addresses: ["a:5432/app"],
        shards: 1,
        chains: 1,
        steps: 1,
        ...unlisted,
      },
      { type: "hook:failed", node: "a", file: "before.sql", durationMs: 1, error },
    ]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
