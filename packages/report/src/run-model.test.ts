import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "./run-event.js";
import { finishedSteps, placeOfWork, runningWork } from "./run-model.js";
import { RunReducer } from "./run-reducer.js";
import { anyRun } from "./testing/any-run.js";
import { failureOn, runStart } from "./testing/run-events.js";

/** The state after events that all came at once. */
function stateAfter(events: readonly RunEvent[]) {
  const run = new RunReducer(0);
  for (const event of events) {
    run.add(event, 0);
  }
  return run.model;
}

const step = (type: "step:start" | "step:already-done", shard: string): RunEvent => ({
  type,
  node: "n",
  shard,
  version: "v",
});

describe("RunReducer.model", () => {
  it("counts every step at most once and shows just the work that runs", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const model = stateAfter(events);
        expect(finishedSteps(model) + model.givenUp).toBeLessThanOrEqual(model.planned);

        const running = new Set<string>();
        const away = new Set<string>();
        for (const event of events) {
          if (event.type === "node:away") {
            away.add(event.node);
          }
          if (event.type === "node:back") {
            away.delete(event.node);
          }
          if ("shard" in event && !/abandoned|waiting|progress|warning|vanished/.test(event.type)) {
            const place = JSON.stringify([event.node, event.shard]);
            event.type === "step:start" ? running.add(place) : running.delete(place);
          }
        }
        const shown = runningWork(model).map(({ node, shard }) => JSON.stringify([node, shard]));
        const here = [...running].filter((place) => !away.has(JSON.parse(place)[0]));
        expect(shown.toSorted()).toEqual(here.toSorted());
      }),
    );
  });

  it("keeps the other slots in their place when one becomes free", () => {
    const model = stateAfter([
      runStart(["n"], 9),
      step("step:start", "a"),
      step("step:start", "b"),
      step("step:start", "c"),
      step("step:already-done", "b"),
      step("step:already-done", "a"),
      step("step:start", "d"),
    ]);
    expect(runningWork(model).map(placeOfWork)).toEqual(["n:d", "n:c"]);
  });

  it("knows who makes work wait and how far it is, until it waits no more and is over", () => {
    const work = { node: "n", shard: "a", version: "v" };
    const blockedBy = [{ pid: 7 }];
    const events: readonly RunEvent[] = [
      runStart(["n"], 9),
      step("step:start", "a"),
      step("step:start", "b"),
      { type: "step:progress", ...work, phase: "building index" },
      { type: "step:waiting", ...work, blockedBy },
      { type: "step:waiting", ...work, blockedBy: [] },
      step("step:already-done", "a"),
      step("step:start", "a"),
    ];
    const detailAfter = (count: number) => {
      const [first, second] = runningWork(stateAfter(events.slice(0, count)));
      expect([second?.blockedBy, second?.progress]).toEqual([undefined, undefined]);
      return { blockedBy: first?.blockedBy, progress: first?.progress };
    };
    const progress = { phase: "building index" };
    expect(detailAfter(4)).toEqual({ progress });
    expect(detailAfter(5)).toEqual({ progress, blockedBy });
    expect(detailAfter(6)).toEqual({ progress });
    expect(detailAfter(8)).toEqual({});
  });

  it("shows before.sql as work of the node", () => {
    const start: RunEvent = { type: "hook:start", node: "n", file: "before.sql" };
    const done: RunEvent = { type: "hook:done", node: "n", file: "before.sql", durationMs: 1 };
    const running = runningWork(stateAfter([runStart(["n"], 1), start]));
    expect(running.map(({ what, ...work }) => `${placeOfWork(work)} ${what}`)).toEqual([
      "n before.sql",
    ]);
    expect(runningWork(stateAfter([runStart(["n"], 1), start, done]))).toEqual([]);
  });

  it("counts a step once that was done, lost, and done again in a later round", () => {
    const place = { node: "n", shard: "a", version: "v" };
    const done: RunEvent = { type: "step:done", ...place, durationMs: 1 };
    const model = stateAfter([
      runStart(["n"], 1),
      done,
      // A later round does not know the steps of the rounds before it.
      { type: "step:vanished", ...place, doneBy: "earlier-run" },
      done,
    ]);
    expect(model).toMatchObject({ planned: 1, done: 1 });
    expect(finishedSteps(model)).toBe(1);
  });

  it("adds the steps of a later round to those planned", () => {
    const events: RunEvent[] = [
      runStart(["n"], 5),
      { type: "round:start", round: 2, chains: 1, steps: 3, stepsByNode: [], stepsByVersion: [] },
    ];
    expect(stateAfter(events).planned).toBe(8);
  });

  it("counts what is behind a failed step as not attempted, and not as progress", () => {
    const failed: RunEvent = {
      type: "step:failed",
      durationMs: 1,
      ...failureOn("n", "a", { notAttempted: ["v2", "v3"] }),
    };
    const model = stateAfter([runStart(["n"], 3), failed]);
    expect(model.failed).toHaveLength(1);
    expect(model.givenUp).toBe(2);
    expect(finishedSteps(model)).toBe(1);
  });
});
