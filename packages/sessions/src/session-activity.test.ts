import { describe, expect, it } from "vitest";
import { parseBlockers, parseSessionActivity } from "./session-activity.js";

/** The progress that is read of a row of the server's view. */
function progressOf(row: Readonly<Record<string, unknown>>) {
  return parseSessionActivity([{ session: { pid: 1, waiting: false, ...nothing, ...row } }])[0]
    ?.progress;
}

const nothing = { state: null, in_state_ms: null, blockers: null, phase: null };

describe("the progress of a build", () => {
  const counts = {
    lockers_done: 1,
    lockers_total: 2,
    blocks_done: 30,
    blocks_total: 40,
    tuples_done: 500,
    tuples_total: 600,
  };

  it.each([
    ["waiting for writers before build", { done: 1, total: 2, unit: "lockers" }],
    ["building index: scanning table", { done: 30, total: 40, unit: "blocks" }],
    ["building index: loading tuples in tree", { done: 500, total: 600, unit: "tuples" }],
    ["index validation: scanning table", { done: 30, total: 40, unit: "blocks" }],
    ["waiting for old snapshots", { done: 1, total: 2, unit: "lockers" }],
  ])(
    'is counted in what the phase "%s" counts, whatever earlier phases have left',
    (phase, count) => {
      expect(progressOf({ phase, ...counts })).toEqual({ phase, count });
    },
  );

  it("has no count where the server counts nothing, and is none where nothing is built", () => {
    const phase = "initializing";
    expect(progressOf({ phase, blocks_done: 0, blocks_total: 0 })).toEqual({ phase });
    expect(progressOf({ phase: null })).toBeUndefined();
  });
});

describe("who is in the way", () => {
  const row = { usename: null, application: null, state: null, query: null, xact_start: null };

  it("has what the server shows, a query in one short line, and the time in UTC", () => {
    const query = `UPDATE users\n\tSET x = '${"x".repeat(200)}'`;
    const [blocker] = parseBlockers([
      {
        blocker: {
          pid: 7,
          usename: "app",
          application: "psql",
          state: "active",
          query,
          xact_start: "2026-11-23T02:41:02.123456+02:00",
        },
      },
    ]);
    expect(blocker).toEqual({
      pid: 7,
      user: "app",
      application: "psql",
      state: "active",
      query: `UPDATE users SET x = '${"x".repeat(200)}`.slice(0, 100),
      since: "2026-11-23T00:41:02.123Z",
    });
  });

  it("has no more than the process where the server shows nothing", () => {
    const hidden = { ...row, pid: 8, query: "<insufficient privilege>" };
    expect(parseBlockers([{ blocker: hidden }])).toEqual([{ pid: 8 }]);
    expect(parseBlockers([{ blocker: { ...row, pid: 0 } }])).toEqual([{ pid: 0 }]);
  });
});
