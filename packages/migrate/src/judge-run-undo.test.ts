import fc from "fast-check";
import { expect, it } from "vitest";
import { judgeRunUndo } from "./judge-run-undo.js";

const facts = fc.array(fc.record({ isOfRun: fc.boolean(), canBeUndone: fc.boolean() }), {
  maxLength: 8,
});

function judge(shard: readonly { readonly isOfRun: boolean; readonly canBeUndone: boolean }[]) {
  const entries = shard.map((_, index) => ({ version: `${index}.v.sh` }));
  const factOf = (version: string) => shard[Number.parseInt(version, 10)];
  return judgeRunUndo(
    entries,
    ({ version }) => factOf(version)?.isOfRun === true,
    (version) => factOf(version)?.canBeUndone === true,
  );
}

it("puts each step of the run to those to undo or to those that stay, newest first, and no other", () => {
  fc.assert(
    fc.property(facts, (shard) => {
      const { pending, stays } = judge(shard);
      const told = [...pending, ...(stays ? [stays.version, ...stays.notAttempted] : [])];
      const ofRun = shard.flatMap(({ isOfRun }, index) => (isOfRun ? [`${index}.v.sh`] : []));
      expect(told).toEqual(ofRun.toReversed());
    }),
  );
});

it("undoes only what is the latest then, and can be undone", () => {
  fc.assert(
    fc.property(facts, (shard) => {
      const { pending } = judge(shard);
      const latest = shard.map((_, index) => `${index}.v.sh`).toReversed();
      expect(pending).toEqual(latest.slice(0, pending.length));
      for (const version of pending) {
        expect(shard[Number.parseInt(version, 10)]).toEqual({ isOfRun: true, canBeUndone: true });
      }
    }),
  );
});

it.each([
  [
    "a version of others comes after it",
    [
      { isOfRun: true, canBeUndone: true },
      { isOfRun: true, canBeUndone: true },
      { isOfRun: false, canBeUndone: true },
    ],
    {
      pending: [],
      stays: { version: "1.v.sh", why: "later", later: "2.v.sh", notAttempted: ["0.v.sh"] },
    },
  ],
  [
    "there is no file that undoes it",
    [
      { isOfRun: true, canBeUndone: true },
      { isOfRun: true, canBeUndone: false },
      { isOfRun: true, canBeUndone: true },
    ],
    {
      pending: ["2.v.sh"],
      stays: { version: "1.v.sh", why: "no-undo", notAttempted: ["0.v.sh"] },
    },
  ],
])("says why a step stays: %s", (_, shard, expected) => {
  expect(judge(shard)).toEqual(expected);
});
