import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partOf } from "./part.js";

const node = fc.record(
  { name: fc.string({ minLength: 1 }), island: fc.string({ minLength: 1 }) },
  { requiredKeys: ["name"] },
);

describe("partOf", () => {
  it("puts every node into exactly one of the parts, whatever other nodes there are", () => {
    fc.assert(
      fc.property(node, fc.integer({ min: 1, max: 1000 }), (one, parts) => {
        const part = partOf(one, parts);
        expect(Number.isInteger(part) && part >= 1 && part <= parts).toBe(true);
        expect(partOf({ ...one }, parts)).toBe(part);
      }),
    );
  });

  it("keeps all nodes of an island together", () => {
    fc.assert(
      fc.property(node, node, fc.string({ minLength: 1 }), (one, another, island) => {
        expect(partOf({ ...one, island }, 7)).toBe(partOf({ ...another, island }, 7));
      }),
    );
  });

  it("never changes: workers of two releases agree", () => {
    const names = ["10.0.0.1:5432/app", "db1:5432/app", "db2:5432/app", "db3:6432/app"];
    expect(names.map((name) => partOf({ name }, 3))).toEqual([1, 3, 3, 1]);
  });

  it("gives parts of about one size", () => {
    const sizes = new Map<number, number>();
    for (let i = 0; i < 4000; i++) {
      const part = partOf({ name: `db${i}:5432/app` }, 4);
      sizes.set(part, (sizes.get(part) ?? 0) + 1);
    }
    for (const size of sizes.values()) {
      expect(size).toBeGreaterThan(800);
      expect(size).toBeLessThan(1200);
    }
  });
});
