import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { onEach } from "./on-each.js";

it("begins in order, so many at a time, and tells what became of each, failed or not", async () => {
  const items = Array.from({ length: 20 }, (_, n) => n);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const results = await onEach(items, 3, async (n) => {
    begun.push(n);
    most = Math.max(most, ++running);
    for (let turns = n % 4; turns >= 0; turns--) {
      await nextTurn();
    }
    running--;
    if (n % 5 === 0) {
      throw new Error(`no ${n}`);
    }
    return n * 2;
  });
  expect(begun).toEqual(items);
  expect(most).toBe(3);
  expect(results).toEqual(
    items.map((n) =>
      n % 5 === 0
        ? { status: "rejected", reason: new Error(`no ${n}`) }
        : { status: "fulfilled", value: n * 2 },
    ),
  );
});
