import { describe, expect, it } from "vitest";
import type { RunEvent } from "./run-event.js";
import { RunReducer } from "./run-reducer.js";
import { runStart } from "./testing/run-events.js";
import { type SimulatedRunOptions, simulateRun, type TimedEvent } from "./testing/simulated-run.js";

/** What is shown at each second of a run. */
function looksAt(events: readonly TimedEvent[], untilMs: number) {
  const run = new RunReducer(0);
  let next = 0;
  return Array.from({ length: Math.floor(untilMs / 1000) }, (_, index) => {
    const atMs = (index + 1) * 1000;
    for (; (events[next]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs; next++) {
      const { event, atMs: cameMs } = events[next] as TimedEvent;
      run.add(event, cameMs);
    }
    run.passTime(atMs);
    const { remainingMs, standstillMs } = run.model;
    return { atMs, remainingMs, standstillMs };
  });
}

/** Chance that is the same in every run: between 0.5 and 1.5. */
function scatter(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return 0.5 + x - Math.floor(x);
}

const versions = ["1.a.sh", "2.b.sh", "3.c.sh", "4.d.sh", "5.e.sh", "6.f.sh"];
const base = { nodes: ["n1", "n2", "n3"], shardsPerNode: 350, versions, parallelism: 10 };

/** Like the workloads that the bench measures, and some that are harder to foresee. */
const workloads: Readonly<Record<string, SimulatedRunOptions>> = {
  "steps that are alike": {
    ...base,
    durationMs: ({ shard, atMs }) => 250 * scatter(shard + atMs),
  },
  "one version that takes most of the time": {
    ...base,
    durationMs: ({ shard, version, atMs }) =>
      (version === "6.f.sh" ? 4000 : 20) * scatter(shard + atMs),
  },
  "a node that is three times slower": {
    ...base,
    durationMs: ({ node, shard, atMs }) => (node === "n2" ? 600 : 200) * scatter(shard + atMs),
  },
  "servers that get slower while they work": {
    ...base,
    durationMs: ({ shard, atMs }) => 200 * scatter(shard + atMs) * (1 + atMs / 200_000),
  },
  "few shards and long steps": {
    ...base,
    shardsPerNode: 60,
    versions: ["1.a.sh"],
    parallelism: 4,
    durationMs: ({ shard }) => 3000 * scatter(shard),
  },
};

describe("the time left", () => {
  it.each(Object.entries(workloads))("is within 30 % from the tenth second on: %s", (_, run) => {
    const events = simulateRun(run);
    const endMs = events.at(-1)?.atMs ?? 0;
    expect(endMs).toBeGreaterThan(25_000);
    // The last wave of shards ends when its last shard ends: that nobody knows to the second.
    const slackMs = 3000;
    const looks = looksAt(events, endMs);
    expect(looks.slice(0, 9).every(({ remainingMs }) => remainingMs === undefined)).toBe(true);
    for (const { atMs, remainingMs } of looks.slice(10)) {
      const leftMs = endMs - atMs;
      expect(Math.abs((remainingMs ?? Number.NaN) - leftMs), `at ${atMs} ms`).toBeLessThanOrEqual(
        0.3 * leftMs + slackMs,
      );
    }
  });

  it("is unknown while nothing goes on, and known again when something does", () => {
    const stopMs = 20_000;
    // What would start in the pause starts after it; what runs then goes on.
    const events = simulateRun({
      ...base,
      durationMs: ({ shard, atMs }) =>
        atMs < stopMs && atMs > stopMs - 500 ? 40_000 : 250 * scatter(shard + atMs),
    });
    const looks = looksAt(events, 70_000);
    const at = (second: number) => looks[second - 1];
    expect(at(15)).toMatchObject({ remainingMs: expect.any(Number), standstillMs: undefined });
    for (const second of [30, 40, 50]) {
      expect(at(second)).toMatchObject({
        remainingMs: undefined,
        standstillMs: expect.any(Number),
      });
    }
    expect(at(65)).toMatchObject({ remainingMs: expect.any(Number), standstillMs: undefined });
  });

  it("is unknown as soon as all that runs waits for others", () => {
    const step = { node: "n", shard: "a", version: "20240102.add.sh" };
    const blocked: RunEvent = { type: "step:waiting", ...step, blockedBy: [{ pid: 7 }] };
    const run = new RunReducer(0);
    run.add(runStart(["n"], 1000), 0);
    for (let atMs = 0; atMs < 12_000; atMs += 100) {
      run.add({ type: "step:start", ...step, shard: `s${atMs}` }, atMs);
      run.add({ type: "step:done", ...step, shard: `s${atMs}`, durationMs: 100 }, atMs + 100);
      run.passTime(atMs + 100);
    }
    expect(run.model.remainingMs).toBeGreaterThan(0);
    run.add({ type: "step:start", ...step }, 12_000);
    run.add(blocked, 12_500);
    run.passTime(13_500);
    expect(run.model).toMatchObject({ remainingMs: undefined, standstillMs: 1500 });
    run.add({ ...blocked, blockedBy: [] }, 14_000);
    run.passTime(14_600);
    expect(run.model).toMatchObject({ remainingMs: expect.any(Number), standstillMs: undefined });
  });

  it("is unknown while a node is away", () => {
    const events = simulateRun({ ...base, durationMs: () => 250 });
    const error = { code: "NODE_UNREACHABLE", message: "No server accepts connections." };
    const run = new RunReducer(0);
    for (const { atMs, event } of events.filter(({ atMs: cameMs }) => cameMs < 15_000)) {
      run.passTime(atMs);
      run.add(event, atMs);
    }
    expect(run.model.remainingMs).toBeGreaterThan(0);
    run.add({ type: "node:away", node: "n1", error, leftMs: 60_000 }, 15_000);
    run.passTime(16_000);
    expect(run.model.remainingMs).toBeUndefined();
  });

  it("does not count the time of before.sql", () => {
    const events = simulateRun({ ...base, durationMs: () => 250 });
    const later = events.map(({ atMs, event }) => ({ atMs: atMs + 60_000, event }));
    const [at65, at71] = [looksAt(later, 65_000).at(-1), looksAt(later, 71_000).at(-1)];
    expect(at65?.remainingMs).toBeUndefined();
    expect(at71?.remainingMs).toBeGreaterThan(35_000);
    expect(at71?.remainingMs).toBeLessThan(48_000);
  });
});
