import type { RunEvent } from "@pg-mig/report";
import { RunReducer } from "@pg-mig/report";
import { anyRun, failureOn, runStart, shardNames } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "./display-width.js";
import { liveFrame } from "./live-frame.js";
import { renderLine } from "./styled-line.js";

interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** The frame at `nowMs`, after events that each came with its own time. */
function frameOf(timed: readonly (readonly [number, RunEvent])[], room: Room, nowMs: number) {
  const run = new RunReducer(0);
  for (const [atMs, event] of timed) {
    run.passTime(atMs);
    run.add(event, atMs);
  }
  run.passTime(nowMs);
  return liveFrame(run.model, { ...room, nowMs }).map((spans) =>
    renderLine(spans, { columns: room.columns, colors: false }),
  );
}

const start = (node: string, shard: string): RunEvent => ({
  type: "step:start",
  node,
  shard,
  version: "20240102.add.sh",
});
const done = (node: string, shard: string): RunEvent => ({
  type: "step:done",
  node,
  shard,
  version: "20240102.add.sh",
  durationMs: 1,
});

const halfWay: readonly (readonly [number, RunEvent])[] = [
  [0, runStart(["n1", "数据库"], 200)],
  ...shardNames(99).map((shard, index) => [index * 100, done("n1", shard)] as const),
  [4000, start("n1", "sh0100")],
  [9900, start("数据库", "sh0101")],
  [9900, { type: "step:failed", durationMs: 1, ...failureOn("n1", "sh0099") }],
];

describe("liveFrame", () => {
  it("shows the progress, what went wrong, and what runs", () => {
    expect(frameOf(halfWay, { columns: 79, rows: 23 }, 10_000)).toEqual([
      `[====================--------------------] 100/200  50%  10 s left  10/s  10 s`,
      "1 failed",
      "    6 s  n1:sh0100      20240102.add.sh",
      "         数据库:sh0101  20240102.add.sh",
    ]);
  });

  it("says that a node is away instead of a time left and of what is at hand there", () => {
    const error = { code: "NODE_UNREACHABLE", message: "No server accepts connections." };
    const away: RunEvent = { type: "node:away", node: "n1", error, leftMs: 60_000 };
    const frame = frameOf([...halfWay, [9900, away]], { columns: 79, rows: 23 }, 19_900);
    expect(frame).toEqual([
      expect.stringMatching(/100\/200 {2}50% {2}\d\S*\/s {2}19 s$/),
      "1 failed",
      "waiting for n1, at most 50 s more: No server accepts connections.",
      "   10 s  数据库:sh0101  20240102.add.sh",
    ]);
  });

  it("says who makes a slot wait, and how far an index is", () => {
    const blockedBy = [
      {
        pid: 123,
        user: "app",
        application: "psql",
        since: "2026-11-23T00:41:02.123Z",
        query: "UPDATE users SET x = 1",
      },
      { pid: 124 },
    ];
    const work = { node: "n", shard: "a", version: "v" };
    const other = { ...work, shard: "b" };
    const count = { done: 42, total: 100, unit: "blocks" } as const;
    const lockers = { done: 0, total: 2, unit: "lockers" } as const;
    const rows = (events: readonly RunEvent[], columns = 200) =>
      frameOf(
        [runStart(["n"], 2), start("n", "a"), start("n", "b"), ...events].map((event) => [
          0,
          event,
        ]),
        { columns, rows: 9 },
        10_000,
      ).slice(1);
    const waiting: RunEvent = { type: "step:waiting", ...work, blockedBy };
    expect(
      rows([
        waiting,
        { type: "step:progress", ...other, phase: "building index: scanning table", count },
      ]),
    ).toEqual([
      "   10 s  n:a  20240102.add.sh  waiting for process 123 app (psql) and 1 more since 2026-11-23 00:41 UTC: UPDATE users SET x = 1",
      "   10 s  n:b  20240102.add.sh  building index: scanning table 42%",
    ]);
    expect(
      rows(
        [
          { type: "step:progress", ...work, phase: "waiting for old snapshots", count: lockers },
          waiting,
        ],
        70,
      )[0],
    ).toBe("   10 s  n:a  20240102.add.sh  waiting for old snapshots 0 of 2, wait…");
    expect(rows([{ type: "step:waiting", ...work, blockedBy: [{ pid: 0 }] }])[0]).toBe(
      "   10 s  n:a  20240102.add.sh  waiting for a prepared transaction",
    );
  });

  it("gives up the bar, then the rest, but never the count, in a narrow terminal", () => {
    const first = (columns: number) => frameOf(halfWay, { columns, rows: 9 }, 10_000)[0];
    expect(first(50)).toBe("[======------] 100/200  50%  10 s left  10/s  10 s");
    expect(first(39)).toBe("100/200  50%  10 s left  10/s  10 s");
    expect(first(19)).toBe("100/200  50%");
    expect(first(7)).toBe("100/200");
  });

  it("shows the slots that are busy longest where not all fit", () => {
    const timed = [
      [0, runStart(["n"], 30)] as const,
      ...shardNames(30).map(
        (shard, index) => [(index * 7919) % 10_000, start("n", shard)] as const,
      ),
    ];
    const frame = frameOf(timed, { columns: 60, rows: 4 }, 12_000);
    expect(frame).toHaveLength(4);
    expect(frame.slice(1)).toEqual([
      "   12 s  n:sh0000  20240102.add.sh",
      "   11 s  n:sh0024  20240102.add.sh",
      "         … and 28 more",
    ]);
  });

  it("says that no version is pending while only before.sql runs", () => {
    const hook: RunEvent = { type: "hook:start", node: "n", file: "before.sql" };
    expect(
      frameOf(
        [
          [0, runStart(["n"], 0)],
          [0, hook],
        ],
        { columns: 60, rows: 9 },
        2000,
      ),
    ).toEqual(["no version is pending  2 s", "    2 s  n  before.sql"]);
  });

  it("says that it is stopping when the run was interrupted", () => {
    const abandoned: RunEvent = {
      type: "chain:abandoned",
      reason: "interrupted",
      node: "n",
      shard: "a",
      notAttempted: ["v1", "v2"],
    };
    expect(
      frameOf(
        [
          [0, runStart(["n"], 2)],
          [0, abandoned],
        ],
        { columns: 60, rows: 9 },
        0,
      )[1],
    ).toBe("stopping: 2 not attempted");
  });

  it("never takes more rows or columns than there are, whatever the names", () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 12 }),
        (events, columns, rows) => {
          const timed = events.map((event, index) => [index * 300, event] as const);
          const frame = frameOf(timed, { columns, rows }, events.length * 300 + 500);
          expect(frame.length).toBeLessThanOrEqual(rows);
          expect(Math.max(0, ...frame.map(displayWidth))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
