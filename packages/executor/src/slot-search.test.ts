import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotSearch, type SlotSearchOptions } from "./slot-search.js";

interface Workload {
  readonly most: number;
  /** How many steps end in a millisecond. */
  readonly rate: (slots: number) => number;
  /** The part of the time in which the client itself is at work. */
  readonly clientShare?: number;
}

function searchOf(options: Partial<SlotSearchOptions>): SlotSearch {
  const usual = { most: 10, nowMs: 0, nodes: 2, busyMs: () => 0, endedOnHost: () => 0 };
  return new SlotSearch({ ...usual, ...options });
}

/** Runs steps for a while, with chains enough; gives the slots at every step's end. */
function slotsOver(totalMs: number, { most, rate, clientShare = 0 }: Workload): number[] {
  let busyMs = 0;
  let ended = 0;
  const search = searchOf({ most, busyMs: () => busyMs, endedOnHost: () => ended });
  const seen: number[] = [];
  let lookedAtMs = 0;
  for (let nowMs = 0; nowMs < totalMs; ) {
    const tookMs = 1 / rate(search.slots);
    nowMs += tookMs;
    busyMs += tookMs * clientShare;
    for (; lookedAtMs + 50 < nowMs; lookedAtMs += 50) {
      search.passed(lookedAtMs + 50, true);
    }
    ended++;
    search.ended(nowMs, true);
    seen.push(search.slots);
  }
  return seen;
}

describe("the search for the number of slots", () => {
  it("goes up to the most where each slot makes it faster, soon", () => {
    const seen = slotsOver(1000, { most: 10, rate: (slots) => slots / 40 });
    expect(seen.slice(0, 3)).toEqual([2, 2, 2]);
    expect(seen.at(-1)).toBe(10);
    expect(seen.indexOf(10)).toBeLessThan(40);
  });

  it("doubles, and takes four times as many after slots that gave all they could", () => {
    const triedWith = (rate: Workload["rate"]) => [...new Set(slotsOver(5000, { most: 50, rate }))];
    expect(triedWith((slots) => slots / 40)).toEqual([2, 4, 16, 50]);
    expect(triedWith((slots) => slots ** 0.6 / 40)).toEqual([2, 4, 8, 16, 32, 50]);
  });

  it("stays where it is most of the time if more slots bring nothing", () => {
    const seen = slotsOver(20_000, { most: 10, rate: () => 1 });
    const few = seen.filter((slots) => slots === 2).length;
    expect(few / seen.length).toBeGreaterThan(0.95);
    // But it goes on trying.
    expect(seen.lastIndexOf(4)).toBeGreaterThan(seen.length / 5);
  });

  it("stays at what a server with four processors takes", () => {
    const seen = slotsOver(20_000, { most: 16, rate: (slots) => Math.min(slots, 4) / 2 });
    expect(seen.filter((slots) => slots === 4).length / seen.length).toBeGreaterThan(0.95);
  });

  it("finds it again if a server becomes faster with more", () => {
    let now = 0;
    const seen = slotsOver(20_000, {
      most: 8,
      rate: (slots) => (now++ < 5000 ? 1 : slots / 2),
    });
    expect(seen.at(-1)).toBe(8);
  });

  it("tries no more while this process has no time for it, though its steps become faster", () => {
    const slotsAt = (clientShare: number) => {
      let steps = 0;
      const rate = () => Math.min(1 + steps++ / 200, 100);
      return new Set(slotsOver(1000, { most: 10, rate, clientShare }));
    };
    expect(slotsAt(0)).toEqual(new Set([2, 4, 8, 10]));
    expect(slotsAt(0.6)).toEqual(new Set([2, 4, 8, 10]));
    expect(slotsAt(0.7)).toEqual(new Set([2]));
  });

  it("counts no step that another node of the host would have ended", () => {
    let ended = 0;
    const searches = ["a", "b", "c"].map(() => searchOf({ endedOnHost: () => ended }));
    const credits = searches.map(() => 0);
    let few = 0;
    for (let nowMs = 1; nowMs <= 10_000; nowMs++) {
      // The host ends a step in each millisecond. A node has its part of that by the number of its slots.
      const all = searches.reduce((sum, { slots }) => sum + slots, 0);
      for (const [i, search] of searches.entries()) {
        credits[i] = (credits[i] ?? 0) + search.slots / all;
        if (credits[i] >= 1) {
          credits[i]--;
          ended++;
          search.ended(nowMs, true);
        }
      }
      few += all === 6 ? 1 : 0;
    }
    expect(few / 10_000).toBeGreaterThan(0.9);
  });

  it("begins with four slots in all, and two on each node", () => {
    const first = [1, 2, 3, 100].map((nodes) => searchOf({ nodes }).slots);
    expect(first).toEqual([4, 2, 2, 2]);
    expect(searchOf({ nodes: 1, most: 3 }).slots).toBe(3);
  });

  it("takes all slots if steps take long", () => {
    expect(slotsOver(1000, { most: 10, rate: () => 1 / 450 })).toEqual([10, 10, 10]);
  });

  it("does not take for a slow server what this process has no time for itself", () => {
    let nowMs = 0;
    const search = searchOf({ busyMs: () => nowMs });
    for (; nowMs < 1000; nowMs += 50) {
      search.passed(nowMs, true);
    }
    expect(search.slots).toBe(2);
  });

  it("learns nothing while slots are free", () => {
    const search = searchOf({});
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      search.ended(nowMs, false);
      search.passed(nowMs, false);
    }
    expect(search.slots).toBe(2);
  });

  it("is between one and the most, whatever happens", () => {
    const event = fc.record({ afterMs: fc.nat(300), isFull: fc.boolean(), ends: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(event), (most, events) => {
        const search = searchOf({ most });
        let nowMs = 0;
        for (const { afterMs, isFull, ends } of events) {
          nowMs += afterMs;
          if (ends) {
            search.ended(nowMs, isFull);
          } else {
            search.passed(nowMs, isFull);
          }
          expect(search.slots).toBeGreaterThanOrEqual(1);
          expect(search.slots).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
