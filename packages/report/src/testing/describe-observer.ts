import type { RunEvent } from "../run-event.js";
import type { RunObserver } from "../run-observer.js";
import { failureOn, reportOf, runStart, serverError } from "./run-events.js";
import { simulateRun } from "./simulated-run.js";

/** The functions of a test runner: Vitest's, `node:test`'s, or any others that are called alike. */
export interface DescribeObserverOptions {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** One thing that an observer has to do; `run` rejects if it does not. */
export interface ObserverCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** An event of each kind of trouble, and one that no release has yet. */
const oddEvents: readonly RunEvent[] = [
  { type: "note", message: "A note." },
  { type: "warning", message: "About the run." },
  { type: "node:away", node: "n", error: serverError("gone"), leftMs: 1 },
  { type: "node:back", node: "n", awayMs: 1 },
  { type: "step:failed", durationMs: 1, ...failureOn("n", "a", { notAttempted: ["v2"] }) },
  { type: "step:in-doubt", ...failureOn("n", "b") },
  { type: "chain:abandoned", node: "n", shard: "c", reason: "paused", notAttempted: ["v"] },
  { type: "hook:failed", node: "n", file: "before.sql", durationMs: 1, error: serverError("no") },
  { type: "unheard:of", some: ["field"] } as unknown as RunEvent,
];

const wholeRun: readonly RunEvent[] = [
  ...simulateRun({
    nodes: ["n1", "n2"],
    shardsPerNode: 20,
    versions: ["1.a.sh", "2.b.sh"],
    parallelism: 4,
    durationMs: () => 10,
  }).map(({ event }) => event),
  { type: "run:done", report: reportOf({ planned: 80, done: 80 }) },
];

/**
 * The contract of {@link RunObserver}, case by case. `create` makes an observer that has seen nothing yet; what it
 * talks to must work.
 */
export function observerConformance(create: () => RunObserver): readonly ObserverCase[] {
  return [
    {
      name: "1. has a name",
      run: async () => {
        ensure(create().name.trim() !== "", "Its name is empty.");
      },
    },
    {
      name: "2. takes the events of a whole run, from run:start to run:done",
      run: () => tellAll(create(), wholeRun),
    },
    {
      name: "3. takes every kind of trouble, and passes over types that it does not know",
      run: () => {
        const done: RunEvent = { type: "run:done", report: reportOf({ outcome: "failed" }) };
        return tellAll(create(), [runStart(["n"], 5), ...oddEvents, done]);
      },
    },
    {
      name: "4. takes events of a run whose beginning it has not seen, and of one that breaks off",
      run: async () => {
        await tellAll(create(), wholeRun.slice(10));
        await tellAll(create(), wholeRun.slice(0, 10));
      },
    },
    {
      name: "5. changes no event",
      run: () => tellAll(create(), wholeRun, frozen),
    },
    {
      name: "6. takes the events of several runs, one after the other",
      run: async () => {
        const observer = create();
        await tellAll(observer, wholeRun);
        await tellAll(observer, wholeRun);
      },
    },
  ];
}

/**
 * Declares the cases of {@link observerConformance} with the functions of a test runner.
 *
 * @example
 * import { describe, it } from "node:test";
 * describeObserver(() => myObserver(), { describe, it });
 */
export function describeObserver(
  create: () => RunObserver,
  { describe, it }: DescribeObserverOptions,
): void {
  describe("observer contract", () => {
    for (const { name, run } of observerConformance(create)) {
      it(name, run);
    }
  });
}

/** Tells copies, as a run does. */
async function tellAll(
  observer: RunObserver,
  events: readonly RunEvent[],
  prepare: (event: RunEvent) => RunEvent = (event) => event,
): Promise<void> {
  for (const event of events) {
    await observer.onEvent(prepare(structuredClone(event)));
  }
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

function ensure(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Error(otherwise);
  }
}
