import fc from "fast-check";
import { expect, it } from "vitest";
import { mergeJournals } from "./journaled-runs.js";

const counts = { planned: 1, done: 1, alreadyDone: 0, failed: 0, inDoubt: 0, notAttempted: 0 };
const row = fc.record({ n: fc.nat(5), ended: fc.boolean() }).map(({ n, ended }) => ({
  ...{
    id: `id${n}`,
    action: "apply",
    startedAt: `2026-01-0${9 - n}T00:00:00.000Z`,
    codeDigest: "0.a",
  },
  ...(ended ? { endedAt: "2026-02-01T00:00:00.000Z", outcome: "done", counts, failures: [] } : {}),
}));
const journals = fc.array(fc.uniqueArray(row, { selector: ({ id }) => id }), { maxLength: 4 });

it("tells each run once, the latest first, ended if any node says so, and who lacks it", () => {
  fc.assert(
    fc.property(journals, (ofNodes) => {
      const nodes = ofNodes.map((rows, i) => ({ node: `db${i}`, rows }));
      const merged = mergeJournals([...nodes, { node: "gone", rows: [], reason: "there is none" }]);
      const ids = [...new Set(ofNodes.flat().map(({ id }) => id))].sort();
      expect(merged.map(({ id }) => id)).toEqual(ids);
      for (const { id, outcome, missingOn } of merged) {
        const ofRun = nodes.map(({ node, rows }) => ({
          node,
          row: rows.find((one) => one.id === id),
        }));
        expect(outcome).toBe(ofRun.some(({ row }) => row?.outcome) ? "done" : undefined);
        expect(missingOn).toEqual(ofRun.filter(({ row }) => !row).map(({ node }) => node));
      }
    }),
  );
});
