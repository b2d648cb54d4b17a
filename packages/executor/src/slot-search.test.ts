import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotSearch } from "./slot-search.js";

interface Workload {
  readonly most: number;
  /** How many steps end in a millisecond. */
  readonly rate: (slots: number) => number;
  /** The part of the time in which the client itself is at work. */
  readonly clientShare?: number;
}

/** Runs steps for a while, with chains enough; gives the slots at every step's end. */
function slotsOver(totalMs: number, { most, rate, clientShare = 0 }: Workload): number[] {
  let cpuMs = 0;
  const search = new SlotSearch(most, 0, () => cpuMs);
  const seen: number[] = [];
  let lookedAtMs = 0;
  for (let nowMs = 0; nowMs < totalMs; ) {
    const tookMs = 1 / rate(search.slots);
    nowMs += tookMs;
    cpuMs += tookMs * clientShare;
    for (; lookedAtMs + 50 < nowMs; lookedAtMs += 50) {
      search.passed(lookedAtMs + 50, true);
    }
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
    expect(seen.indexOf(10)).toBeLessThan(30);
  });

  it("stays where it is most of the time if more slots bring nothing", () => {
    const seen = slotsOver(10_000, { most: 10, rate: () => 1 });
    const few = seen.filter((slots) => slots === 2).length;
    expect(few / seen.length).toBeGreaterThan(0.95);
    // But it goes on trying.
    expect(seen.lastIndexOf(4)).toBeGreaterThan(seen.length / 5);
  });

  it("stays at what a server with four processors takes", () => {
    const seen = slotsOver(10_000, { most: 16, rate: (slots) => Math.min(slots, 4) / 2 });
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

  it("tries no more while this process is at work all the time, though its steps become faster", () => {
    const slotsAt = (clientShare: number) => {
      let steps = 0;
      const rate = () => Math.min(1 + steps++ / 20, 20);
      return new Set(slotsOver(300, { most: 10, rate, clientShare }));
    };
    expect(slotsAt(0)).toEqual(new Set([2, 4, 8, 10]));
    expect(slotsAt(0.8)).toEqual(new Set([2, 4, 8, 10]));
    expect(slotsAt(0.9)).toEqual(new Set([2]));
  });

  it("takes all slots if steps take long", () => {
    expect(slotsOver(1000, { most: 10, rate: () => 1 / 450 })).toEqual([10, 10, 10]);
  });

  it("learns nothing while slots are free", () => {
    const search = new SlotSearch(10, 0, () => 0);
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
        const search = new SlotSearch(most, 0, () => 0);
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
