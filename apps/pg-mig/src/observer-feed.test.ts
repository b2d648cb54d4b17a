import type { RunEvent, RunObserver } from "@pg-mig/report";
import { reportOf } from "@pg-mig/report/testing";
import { describe, expect, it } from "vitest";
import { feedObserver, type ObserverLimits } from "./observer-feed.js";

const note = (message: string): RunEvent => ({ type: "note", message });
const done: RunEvent = { type: "run:done", report: reportOf({}) };
/** Longer than a busy machine takes for what does not wait. */
const neverMs = 60_000;

/** Tells an observer some events; gives what went wrong. */
function tell(
  onEvent: RunObserver["onEvent"],
  events: readonly RunEvent[],
  limits: Partial<ObserverLimits> = {},
) {
  const never = { settleMs: neverMs, blockMs: neverMs };
  const feed = feedObserver({ name: "mine", onEvent }, { ...never, ...limits });
  for (const event of events) {
    feed.tell(event);
  }
  return feed.end();
}

describe("feedObserver", () => {
  it("tells all events in their order, one after the other, also slow ones", async () => {
    const seen: string[] = [];
    let atWork = 0;
    const events = [note("a"), note("b"), done];
    const troubles = await tell(async ({ type }) => {
      atWork++;
      expect(atWork).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(type);
      atWork--;
    }, events);
    expect({ troubles, seen }).toEqual({ troubles: [], seen: ["note", "note", "run:done"] });
  });

  it("gives it copies, after the run has gone on", async () => {
    const event = note("a");
    let seen = 0;
    const feed = feedObserver({
      name: "mine",
      onEvent: (copy) => {
        seen++;
        (copy as { message: string }).message = "changed";
      },
    });
    feed.tell(event);
    expect(seen).toBe(0);
    await feed.end();
    expect({ seen, event }).toEqual({ seen: 1, event: note("a") });
  });

  it("says the first thing that one threw, and how often it did, and goes on", async () => {
    let seen = 0;
    const troubles = await tell(() => {
      seen++;
      throw new Error(`no ${seen}`);
    }, [note("a"), note("b"), done]);
    expect(seen).toBe(3);
    expect(troubles).toEqual([
      'The observer "mine" failed with the event note: no 1',
      'The observer "mine" failed with 2 more.',
    ]);
  });

  it("waits for none that hangs, and tells it nothing more", async () => {
    let seen = 0;
    const hang = () => {
      seen++;
      return new Promise<void>(() => {});
    };
    const troubles = await tell(hang, [note("a"), note("b")], { settleMs: 100 });
    expect(seen).toBe(1);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/^The observer "mine" (?:did not end|had not taken)/);
  });

  it("tells one that blocks nothing more", async () => {
    let seen = 0;
    const block = () => {
      seen++;
      const end = performance.now() + 60;
      while (performance.now() < end) {}
    };
    const troubles = await tell(block, [note("a"), note("b"), note("c")], { blockMs: 50 });
    expect(seen).toBe(1);
    expect(troubles).toEqual([
      expect.stringMatching(
        /^The observer "mine" took \d+ ms of the run, and was told nothing more\.$/,
      ),
    ]);
  });
});
