import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { nodesAtATime, onEachNode } from "./on-each-node.js";

describe("onEachNode", () => {
  it.each([1, nodesAtATime, nodesAtATime + 1, 3 * nodesAtATime])(
    "works on so many of %i nodes at a time as it may, and gives the results in their order",
    async (count) => {
      const nodes = Array.from({ length: count }, (_, n) => ({ label: `n${n}` }));
      let [now, most] = [0, 0];
      const results = await onEachNode(nodes, async ({ label }) => {
        now++;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return label;
      });
      expect(results).toEqual(nodes.map(({ label }) => label));
      expect(most).toBe(Math.min(count, nodesAtATime));
    },
  );

  it.each([2, nodesAtATime + 1])("tells the errors of all of %i nodes", async (count) => {
    const nodes = Array.from({ length: count }, (_, n) => ({ label: `n${n}` }));
    await expect(
      onEachNode(nodes, ({ label }) =>
        Promise.reject(new PgMigError(`No ${label}.`, { code: "NODE_UNREADABLE" })),
      ),
    ).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      problems: nodes.map(({ label }) => ({ message: `No ${label}.` })),
    });
  });
});
