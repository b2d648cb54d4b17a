import { describe, expect, it } from "vitest";
import { ReportBuilder } from "./report.js";
import type { ErrorInfo, RunEvent } from "./run-event.js";

const error: ErrorInfo = { code: "SCRIPT_FAILED", message: "no" };
const on = (node: string, shard: string, version: string) => ({ node, shard, version });

function build(events: readonly RunEvent[]) {
  const builder = new ReportBuilder("apply", 1000);
  for (const event of events) {
    builder.add(event);
  }
  return builder.build("failed", 3500, { latest: [], edited: [] });
}

describe("ReportBuilder", () => {
  it("lists the nodes that were given up, but for those that came back", () => {
    const lost = (node: string): RunEvent => ({ type: "node:lost", node, error, awayMs: 5 });
    const report = build([lost("a"), lost("b"), { type: "node:back", node: "a", awayMs: 9 }]);
    expect(report.lostNodes).toEqual([{ node: "b", error }]);
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
      },
      { type: "round:start", round: 2, chains: 1, steps: 2 },
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
      },
      { type: "hook:failed", node: "a", file: "before.sql", durationMs: 1, error },
    ]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
