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

/** Chance that is the same in every run, for each step: between 0 and 1. */
function chanceOf({ node, shard, version }: Step): number {
  const seed = shard * 7.3 + Number(version[0]) * 131.7 + Number(node[1]) * 977.1;
  const x = Math.sin(seed * 12.9898 + 1.7) * 43_758.5453;
  return x - Math.floor(x);
}

type Step = Parameters<SimulatedRunOptions["durationMs"]>[0];

/** Between half of it and one and a half. */
const around = (ms: number, step: Step) => ms * (0.5 + chanceOf(step));

const versions = ["1.a.sh", "2.b.sh", "3.c.sh", "4.d.sh", "5.e.sh", "6.f.sh"];
const base = { nodes: ["n1", "n2", "n3"], shardsPerNode: 350, versions, parallelism: 10 };

/** Of the looks from the tenth second on: at least so many show a time, and so many of those are right. */
interface Workload extends SimulatedRunOptions {
  readonly shown: number;
  readonly right: number;
}

/** Like the workloads that the bench measures, and some that are harder to foresee. */
const workloads: Readonly<Record<string, Workload>> = {
  "steps that are alike": { ...base, durationMs: () => 250, shown: 1, right: 1 },
  "steps that vary": { ...base, durationMs: (step) => around(250, step), shown: 1, right: 1 },
  "a node that is three times slower": {
    ...base,
    durationMs: (step) => around(step.node === "n2" ? 600 : 200, step),
    shown: 1,
    right: 1,
  },
  "one version that takes most of the time": {
    ...base,
    durationMs: (step) => around(step.version === "6.f.sh" ? 4000 : 20, step),
    shown: 0.95,
    right: 0.99,
  },
  "servers that get slower while they work": {
    ...base,
    durationMs: (step) => around(200, step) * (1 + step.atMs / 200_000),
    shown: 1,
    right: 1,
  },
  "few shards and long steps": {
    ...base,
    shardsPerNode: 60,
    versions: ["1.a.sh"],
    parallelism: 4,
    durationMs: (step) => around(3000, step),
    shown: 0.9,
    right: 1,
  },
  // At first nobody knows the last versions.
  "two shards for each place, and long steps": {
    ...base,
    shardsPerNode: 15,
    durationMs: (step) => around(4000, step),
    shown: 0.7,
    right: 1,
  },
  "two shards at a time": {
    ...base,
    shardsPerNode: 60,
    parallelism: 2,
    durationMs: (step) => around(250, step),
    shown: 1,
    right: 1,
  },
  "a few very long steps": {
    ...base,
    durationMs: (step) => -250 * Math.log(1 - 0.9999 * chanceOf(step)),
    shown: 1,
    right: 1,
  },
  "a few shards, anywhere, that are ten times slower": {
    ...base,
    durationMs: (step) => around(step.shard % 35 === 3 ? 2000 : 200, step),
    shown: 0.95,
    right: 0.95,
  },
};

function isRight(remainingMs: number, leftMs: number): boolean {
  // It is shown in seconds.
  return Math.abs(remainingMs - leftMs) <= Math.max(1000, 0.3 * leftMs);
}

function sharesOf(looks: ReturnType<typeof looksAt>, endMs: number) {
  const shown = looks.flatMap(({ atMs, remainingMs }) =>
    remainingMs === undefined ? [] : [{ remainingMs, leftMs: endMs - atMs }],
  );
  const right = shown.filter(({ remainingMs, leftMs }) => isRight(remainingMs, leftMs));
  return { shown: shown.length / looks.length, right: right.length / shown.length };
}

describe("the time left", () => {
  it.each(Object.entries(workloads))("is within 30 % from the tenth second on: %s", (_, run) => {
    const events = simulateRun(run);
    const endMs = events.at(-1)?.atMs ?? 0;
    expect(endMs).toBeGreaterThan(25_000);
    const looks = looksAt(events, endMs);
    expect(looks.slice(0, 9).every(({ remainingMs }) => remainingMs === undefined)).toBe(true);
    const { shown, right } = sharesOf(looks.slice(10), endMs);
    expect(shown).toBeGreaterThanOrEqual(run.shown);
    expect(right).toBeGreaterThanOrEqual(run.right);
  });

  it("is right soon after the last shards turn out to be ten times slower", () => {
    const isSlow = (shard: number) => shard >= 340;
    const events = simulateRun({
      ...base,
      durationMs: (step) => around(isSlow(step.shard) ? 2500 : 250, step),
    });
    const endMs = events.at(-1)?.atMs ?? 0;
    // Until then nobody can know.
    const slowFromMs = events.findLast(
      ({ event }) =>
        event.type === "step:start" && event.shard === "sh0349" && event.version === versions[0],
    )?.atMs;
    const looks = looksAt(events, endMs).filter(({ atMs }) => atMs > (slowFromMs ?? endMs) + 5000);
    expect(looks.length).toBeGreaterThan(10);
    const { shown, right } = sharesOf(looks, endMs);
    expect(shown).toBeGreaterThan(0.7);
    expect(right).toBeGreaterThanOrEqual(0.9);
  });

  it("is unknown while nothing goes on, and known again when something does", () => {
    const stopMs = 20_000;
    // What would start in the pause starts after it; what runs then goes on.
    const events = simulateRun({
      ...base,
      durationMs: (step) =>
        step.atMs < stopMs && step.atMs > stopMs - 500 ? 40_000 : around(250, step),
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
