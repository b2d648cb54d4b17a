import fc from "fast-check";
import { expect, it } from "vitest";
import { historyOf } from "./history.js";

const entry = fc.record({
  version: fc.constantFrom("1.a.sh", "2.b.sh", "10.c.sh"),
  appliedAt: fc.option(
    fc
      .date({ noInvalidDate: true, min: new Date("2020-01-01"), max: new Date("2030-01-01") })
      .map((date) => `${date.toISOString().slice(0, 19)}Z`),
    { nil: undefined },
  ),
});

it("counts every entry once, between the first and the last time of its version", () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const told = historyOf(entries);
      const names = told.map(({ version }) => version);
      expect(names).toEqual([...new Set(entries.map(({ version }) => version))].sort());
      for (const { version, shards, firstAt, lastAt, withoutTime } of told) {
        const times = entries
          .filter((one) => one.version === version)
          .map(({ appliedAt }) => appliedAt);
        const known = times.filter((time) => time !== undefined).sort();
        expect(shards).toBe(times.length);
        expect(withoutTime).toBe(times.length - known.length);
        expect([firstAt, lastAt]).toEqual([known[0], known.at(-1)]);
      }
    }),
  );
});
