import type { RunEvent } from "@pg-mig/report";
import { RunReducer } from "@pg-mig/report";
import { anyRun, failureOn, runStart, shardNames, simulateRun } from "@pg-mig/report/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "./display-width.js";
import { liveFrame } from "./live-frame.js";
import { renderLine } from "./styled-line.js";

interface Room {
  readonly columns: number;
  readonly rows: number;
}

type Timed = readonly (readonly [number, RunEvent])[];

/** The frame at `nowMs`, after events that each came with its own time. */
function frameOf(timed: Timed, room: Room, nowMs: number) {
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

const versions = ["20260101000000.users.sh", "20260102000000.backfill.sh", "20260103000000.idx.sh"];

/** Three nodes of 350 shards; the second is slow, as is the second version. */
const simulated: Timed = simulateRun({
  nodes: ["db1:5432", "db2:5432", "db3:5432"],
  shardsPerNode: 350,
  versions,
  parallelism: 10,
  durationMs: ({ node, version }) =>
    (node === "db2:5432" ? 3 : 1) * (version === versions[1] ? 600 : 100),
}).map(({ atMs, event }) => [atMs, event]);

const until = (ms: number) => simulated.filter(([atMs]) => atMs <= ms);

const blockedBy = [
  { pid: 4711, user: "app", application: "forgotten-app", since: "2026-11-23T00:41:02.123Z" },
];

/** After twelve seconds, in which two shards have failed and a third has come to wait. */
const troubled: Timed = [
  ...until(8000),
  ...["sh0300", "sh0301"].map((shard): [number, RunEvent] => [
    8000,
    {
      type: "step:failed",
      durationMs: 1,
      ...failureOn("db1:5432", shard, { version: "20260102000000.backfill.sh" }),
    },
  ]),
  [8000, { type: "step:start", node: "db3:5432", shard: "sh0349", version: versions[1] ?? "" }],
  [
    8500,
    {
      type: "step:waiting",
      node: "db3:5432",
      shard: "sh0349",
      version: versions[1] ?? "",
      blockedBy,
    },
  ],
  ...simulated.filter(([atMs]) => atMs > 8000 && atMs <= 12_000),
];

describe("liveFrame", () => {
  it("answers on a wide screen: how far, how fast, how long, which node, which version, who, what failed", () => {
    expect(frameOf(troubled, { columns: 119, rows: 20 }, 12_000)).toEqual([
      "Applying on 3 nodes, database app, 1,050 shards, 3,150 steps",
      expect.stringMatching(
        /^\[=+-+\] \d,\d{3}\/3,150 {2}\d+% {2}1 min \d\d s left {2}\d+\/s {2}12 s$/,
      ),
      "2 failed",
      '  2 failed: 20260102000000.backfill.sh: relation "sh0300.orders" does not exist',
      expect.stringMatching(
        /^ {2}db1:5432 {20,} 450\/1,050 {2}\[=+-+\] {2}2 failed {2} 42% {2}\d+ at work/,
      ),
      expect.stringMatching(
        /^ {2}db2:5432 {20,} 1[45]\d\/1,050 {2}\[=+-+\] {12} 1\d% {2}\d+ at work/,
      ),
      expect.stringMatching(/^ {2}db3:5432 {20,} 450\/1,050 {2}\[=+-+\] {12} 42% {2}\d+ at work/),
      expect.stringMatching(/^ {2}20260101000000\.users\.sh .*1\d\d ms each/),
      expect.stringMatching(
        /^ {2}20260102000000\.backfill\.sh .*2 failed.*at work {2}\S+ \S+ each/,
      ),
      expect.stringMatching(/^ {2}20260103000000\.idx\.sh .*1\d\d ms each/),
      "    4 s  db3:5432:sh0349  20260102000000.backfill.sh  waiting for process 4711 app (forgotten-app) since 2026-11-23 00…",
    ]);
  });

  it("loses detail, not meaning, on a narrow screen", () => {
    expect(frameOf(troubled, { columns: 39, rows: 14 }, 12_000)).toEqual([
      "Applying on 3 nodes, database app",
      expect.stringMatching(/^\d,\d{3}\/3,150 {2}\d+% {2}1 min \d\d s left {2}\d+\/s$/),
      "2 failed",
      "  2 failed: 20260102000000.backfill.sh…",
      "  db1:5432          450/1,050  2 failed",
      "  db2:5432          150/1,050",
      "  db3:5432          450/1,050",
      "  …0000.users.sh    350/1,050",
      "  …0.backfill.sh    350/1,050  2 failed",
      "  …000000.idx.sh    350/1,050",
      expect.stringMatching(/^ {4}4 s {2}…\S*:sh0349 {2}…\S*backfill\.sh$/),
      "    waiting for process 4711 app (forg…",
    ]);
  });

  it("keeps the rows with failures if there is no room for all", () => {
    const frame = frameOf(
      [
        ...until(60_000),
        [
          60_000,
          {
            type: "step:failed",
            durationMs: 1,
            ...failureOn("db3:5432", "sh0349", { version: "20260103000000.idx.sh" }),
          },
        ],
      ],
      { columns: 39, rows: 7 },
      60_000,
    );
    expect(frame.slice(3)).toEqual([
      expect.stringMatching(/^ {2}db3:5432 .* 1 failed$/),
      expect.stringMatching(/^ {2}… 2 nodes /),
      expect.stringMatching(/^ {2}…0+\.idx\.sh .* 1 failed$/),
      expect.stringMatching(/^ {2}… 2 versions /),
    ]);
  });

  it("keeps each count in its place while the run goes on", () => {
    const countAt = (ms: number) =>
      frameOf(until(ms), { columns: 99, rows: 20 }, ms)
        .slice(2, 8)
        .map((text) => text.indexOf("/1,050"));
    expect(countAt(2000)).toEqual(countAt(30_000));
    expect(new Set(countAt(2000)).size).toBe(1);
  });

  it("says how long nothing was done instead of a time left", () => {
    const frame = frameOf(until(12_000), { columns: 99, rows: 20 }, 40_000);
    expect(frame[1]).toMatch(/ {2}nothing done for 2\d s {2}40 s$/);
  });

  it("shows of 1,000 nodes the slowest, and the rest as one", () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => `db${String(index).padStart(4, "0")}`);
    const done = nodes.flatMap((node, index) =>
      shardNames(index === 700 ? 1 : 5).map((shard): [number, RunEvent] => [
        1000,
        { type: "step:done", node, shard, version: "20240102.add.sh", durationMs: 5 },
      ]),
    );
    const frame = frameOf([[0, runStart(nodes, 10_000)], ...done], { columns: 79, rows: 6 }, 2000);
    expect(frame.slice(2)).toEqual([
      expect.stringMatching(/^ {2}db0000 /),
      expect.stringMatching(/^ {2}db0700 .* 1\/10 /),
      expect.stringMatching(/^ {2}… 998 nodes {2,}4,990\/9,980/),
      expect.stringMatching(/^ {2}20240102\.add\.sh .*4,996\/10,000/),
    ]);
  });

  it("shows at most five slow steps, and says how many more there are", () => {
    const timed: Timed = [
      [0, runStart(["n"], 300)],
      ...shardNames(30).map((shard, index): [number, RunEvent] => [
        index * 100,
        { type: "step:start", node: "n", shard, version: "20240102.add.sh" },
      ]),
    ];
    const frame = frameOf(timed, { columns: 79, rows: 20 }, 60_000);
    expect(frame.slice(-6)).toEqual([
      ...shardNames(5).map((shard) => expect.stringContaining(`  n:${shard}  20240102.add.sh`)),
      "         … and 25 more slow ones",
    ]);
  });

  it("says that a node is away instead of a time left", () => {
    const error = { code: "NODE_UNREACHABLE", message: "No server accepts connections." };
    const away: RunEvent = { type: "node:away", node: "db1:5432", error, leftMs: 60_000 };
    const frame = frameOf([...until(15_000), [15_000, away]], { columns: 99, rows: 20 }, 16_000);
    expect(frame[1]).not.toContain("left");
    expect(frame[2]).toBe(
      "waiting for db1:5432, at most 59 s more: No server accepts connections.",
    );
    expect(frame[3]).toMatch(/^ {2}db1:5432 .* {2}away$/);
  });

  it("says that a node is paused, and why, instead of a time left", () => {
    const paused: RunEvent = {
      ...{ type: "node:paused", node: "db1:5432", reasons: ["active"] },
      why: "60 sessions of others are active",
    };
    const other: RunEvent = { ...paused, node: "db2:5432" };
    const resumed: RunEvent = { type: "node:resumed", node: "db1:5432", pausedMs: 2000 };
    const events = [...until(15_000), [15_000, paused], [16_000, other]] as const;
    const frame = frameOf(events, { columns: 99, rows: 20 }, 17_500);
    expect(frame[1]).not.toContain("left");
    expect(frame[2]).toBe("db1:5432 and 1 more paused, for 2 s: 60 sessions of others are active");
    const after = frameOf([...events, [17_000, resumed]], { columns: 99, rows: 20 }, 17_500);
    expect(after[2]).toBe("db2:5432 paused, for 1 s: 60 sessions of others are active");
  });

  it("shows the wave, its soak and what its gate says", () => {
    const start: RunEvent = {
      ...{ type: "wave:start", wave: "canary", number: 1, of: 3, shards: 1, chains: 1, steps: 1 },
    };
    const events: readonly [RunEvent, string][] = [
      [start, "wave canary, 1 of 3"],
      [{ type: "wave:done", wave: "canary", shards: 1 }, "wave canary is done"],
      [{ type: "wave:soak", wave: "canary", leftMs: 60_000 }, "wave canary soaks, 1 min 00 s left"],
      [
        { type: "gate", wave: "canary", answer: "no", why: "the command ended with status 1" },
        "gate of wave canary: no, the command ended with status 1",
      ],
    ];
    for (const [index, [, text]] of events.entries()) {
      const told = events.slice(0, index + 1).map(([event]) => [0, event] as const);
      const frame = frameOf([[0, runStart(["n"], 2)], ...told], { columns: 99, rows: 20 }, 0);
      expect(frame[2]).toBe(text);
    }
  });

  it("says who makes a step wait, and how far an index is", () => {
    const work = { node: "n", shard: "a", version: "v" };
    const count = { done: 42, total: 100, unit: "blocks" } as const;
    const lastRow = (events: readonly RunEvent[]) =>
      frameOf(
        [runStart(["n"], 2), { type: "step:start", ...work } as const, ...events].map((event) => [
          0,
          event,
        ]),
        { columns: 200, rows: 12 },
        10_000,
      ).at(-1);
    expect(
      lastRow([
        {
          type: "step:waiting",
          ...work,
          blockedBy: [
            { ...blockedBy[0], pid: 4711, query: "UPDATE users SET x = 1" },
            { pid: 124 },
          ],
        },
      ]),
    ).toBe(
      "   10 s  n:a  v  waiting for process 4711 app (forgotten-app) and 1 more since 2026-11-23 00:41 UTC: UPDATE users SET x = 1",
    );
    expect(
      lastRow([{ type: "step:progress", ...work, phase: "building index: scanning table", count }]),
    ).toBe("   10 s  n:a  v  building index: scanning table 42%");
    expect(lastRow([{ type: "step:waiting", ...work, blockedBy: [{ pid: 0 }] }])).toBe(
      "   10 s  n:a  v  waiting for a prepared transaction",
    );
  });

  it("says who holds up shards, until their steps have ended, whatever else goes on", () => {
    const requeued = (shard: string, pid: number): RunEvent => ({
      ...{ type: "step:requeued", node: "n", shard, version: "v" },
      ...{ reason: "lock-timeout", attempt: 1, delayMs: 5, blockedBy: [{ pid }] },
    });
    const done = (shard: string): RunEvent => ({
      ...{ type: "step:done", node: "n", shard, version: "v", durationMs: 1 },
    });
    const lines = (...events: readonly RunEvent[]) =>
      frameOf(
        [runStart(["n"], 4), ...events].map((event) => [0, event]),
        { columns: 60, rows: 12 },
        0,
      ).slice(2, 4);
    const both = [requeued("a", 9), requeued("b", 8), done("c")];
    expect(lines(...both)).toEqual(["2 retried", "held up: n:a and 1 more, by process 9"]);
    expect(lines(...both, done("a"))[1]).toBe("held up: n:b, by process 8");
    expect(lines(...both, done("a"), done("b"))[1]).not.toContain("held up");
  });

  it("says that no version is pending while only before.sql runs", () => {
    const hook: RunEvent = { type: "hook:start", node: "n", file: "before.sql" };
    const start: RunEvent = { ...runStart(["n"], 0), stepsByVersion: [] } as RunEvent;
    expect(
      frameOf(
        [start, hook].map((event) => [0, event]),
        { columns: 60, rows: 9 },
        2000,
      ),
    ).toEqual([
      "Applying on 1 node, database app, 0 shards, 0 steps",
      "no version is pending  2 s",
      "    2 s  n  before.sql",
    ]);
  });

  it("says that it is stopping when the run was interrupted", () => {
    const abandoned: RunEvent = {
      type: "chain:abandoned",
      reason: "interrupted",
      node: "n",
      shard: "a",
      notAttempted: ["v1", "v2"],
    };
    const frame = frameOf(
      [runStart(["n"], 2), abandoned].map((event) => [0, event]),
      { columns: 60, rows: 9 },
      0,
    );
    expect(frame[2]).toBe("stopping: 2 not attempted");
  });

  it("never takes more rows or columns than there are, whatever the names", () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 25 }),
        (events, columns, rows) => {
          const timed = events.map((event, index) => [index * 300, event] as const);
          const frame = frameOf(timed, { columns, rows }, events.length * 300 + 500);
          expect(frame.length).toBeLessThanOrEqual(rows);
          expect(Math.max(0, ...frame.map(displayWidth))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it("counts all steps in its rows, however few rows there are", () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 6, max: 25 }), (events, rows) => {
        const timed = events.map((event) => [0, event] as const);
        const run = new RunReducer(0);
        for (const event of events) {
          run.add(event, 0);
        }
        const { planned } = run.model;
        const frame = frameOf(timed, { columns: 300, rows: rows + 4 }, 0);
        const plannedInRows = frame
          .flatMap((text) => /^ {2}.* (\d+)\/(\d+) {2}\[/.exec(text)?.[2] ?? [])
          .reduce((sum, count) => sum + Number(count), 0);
        // Once by node, and once by version.
        expect(plannedInRows).toBe(2 * planned);
      }),
    );
  });
});
