import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterLedgerChange,
  type ChangedChain,
  isSameServer,
  type LedgerReading,
  maxUnsettled,
} from "./after-ledger-change.js";

const names = ["1.a", "2.b", "3.c", "4.d", "5.e"];
const anyServer = fc.constantFrom("monday", "tuesday", undefined);

/** A chain after `committed` of five versions were committed by it, and a ledger that holds the first `held`. */
const anyChange = fc
  .record({
    committed: fc.integer({ min: 0, max: 4 }),
    earlier: fc.integer({ min: 0, max: 4 }),
    held: fc.integer({ min: 0, max: 5 }),
    servers: fc.array(anyServer, { minLength: 5, maxLength: 5 }),
    inDoubt: fc.boolean(),
    unsettled: fc.nat(5),
    isTransaction: fc.boolean(),
    changed: fc.boolean(),
    serverStartedAt: anyServer,
  })
  .map(({ committed, earlier, held, servers, changed, serverStartedAt, ...rest }) => {
    const first = Math.min(earlier, committed);
    const chain: ChangedChain = {
      ...rest,
      versions: names.slice(committed),
      done: new Map(names.slice(first, committed).map((name, i) => [name, servers[i]])),
    };
    const reading: LedgerReading = { pending: names.slice(held), changed, serverStartedAt };
    return { chain, reading };
  });

describe("afterLedgerChange", () => {
  it("never lets run again what this run committed on a server that cannot have lost it", () => {
    fc.assert(
      fc.property(anyChange, ({ chain, reading }) => {
        const decision = afterLedgerChange(chain, reading);
        const kept = reading.pending.filter(
          (name) =>
            chain.done.has(name) && isSameServer(chain.done.get(name), reading.serverStartedAt),
        );
        expect(decision.type === "taken-away").toBe(kept.length > 0);
        if (decision.type === "taken-away") {
          expect(decision.versions).toEqual(kept);
        }
      }),
    );
  });

  it("goes on with what is pending, and tells of each version that came or went, once", () => {
    fc.assert(
      fc.property(anyChange, ({ chain, reading }) => {
        const decision = afterLedgerChange(chain, reading);
        if (decision.type !== "go-on") {
          return;
        }
        const came = decision.done.map(({ version }) => version);
        const went = decision.vanished.map(({ version }) => version);
        expect([...went, ...chain.versions.filter((name) => !came.includes(name))]).toEqual(
          reading.pending,
        );
        for (const { version, by } of decision.done) {
          expect(by).toBe(chain.inDoubt && version === chain.versions[0] ? "us" : "others");
        }
        for (const { version, doneBy } of decision.vanished) {
          expect(doneBy).toBe(chain.done.has(version) ? "this-run" : "earlier-run");
        }
      }),
    );
  });

  it("gives up on a version that finds another ledger than there is: a transaction after three tries", () => {
    fc.assert(
      fc.property(anyChange, ({ chain, reading }) => {
        const decision = afterLedgerChange(chain, reading);
        const patience = chain.isTransaction ? 3 : 0;
        if (decision.type === "unsettled") {
          expect(reading.changed).toBe(false);
          expect(chain.unsettled + 1).toBeGreaterThan(patience);
        }
        if (decision.type === "go-on") {
          expect(decision.unsettled).toBe(chain.unsettled + (reading.changed ? 0 : 1));
          expect(reading.changed || decision.unsettled <= patience).toBe(true);
        }
      }),
    );
    expect(maxUnsettled).toBe(3);
  });
});

describe("isSameServer", () => {
  it("is true unless two known starts differ", () => {
    expect(isSameServer("monday", "monday")).toBe(true);
    expect(isSameServer("monday", "tuesday")).toBe(false);
    expect(isSameServer(undefined, "tuesday")).toBe(true);
    expect(isSameServer("monday", undefined)).toBe(true);
  });
});
