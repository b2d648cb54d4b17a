import { openShard } from "@pg-mig/sessions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soakingSince } from "./soaking-since.js";

const node = { name: "n", label: "n", host: "n" };
const shard = (times: readonly (number | undefined)[]) =>
  openShard(node, {
    shard: "sh1",
    schemaOid: 1,
    storedHash: "",
    entries: times.map((ms, index) => ({
      version: `${index}.a.sh`,
      ...(ms === undefined ? {} : { appliedAt: new Date(ms).toISOString() }),
    })),
  });
const seconds = fc.nat(100_000).map((s) => s * 1000);

describe("soakingSince", () => {
  it("is the time of the last version of any shard", () => {
    fc.assert(
      fc.property(fc.array(fc.array(seconds, { minLength: 1 }), { minLength: 1 }), (ledgers) => {
        const times = ledgers.map((times) => times.toSorted((a, b) => a - b));
        const since = soakingSince(times.map(shard), { startedAtMs: 7, nowMs: 1e9 });
        expect(since).toBe(Math.max(...times.flat()));
      }),
    );
  });

  it("is the start of the run where a ledger does not tell when its last version came", () => {
    const options = { startedAtMs: 500_000, nowMs: 600_000 };
    expect(soakingSince([shard([1000]), shard([1000, undefined])], options)).toBe(500_000);
    expect(soakingSince([shard([undefined, 1000])], options)).toBe(1000);
    expect(soakingSince([shard([undefined]), shard([550_000])], options)).toBe(550_000);
  });

  it("is over where nothing was ever applied, and never later than now", () => {
    const options = { startedAtMs: 0, nowMs: 600_000 };
    expect(soakingSince([shard([])], options)).toBe(Number.NEGATIVE_INFINITY);
    expect(soakingSince([shard([900_000])], options)).toBe(600_000);
  });
});
