import { expect, it } from "vitest";
import type { RunObserver } from "../run-observer.js";
import { observerConformance } from "./describe-observer.js";

/** The numbers of the cases that an observer fails. */
async function broken(create: () => RunObserver): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of observerConformance(create)) {
    await run().catch(() => failed.push(name.slice(0, 1)));
  }
  return failed;
}

it("passes an observer that keeps the contract", async () => {
  expect(await broken(() => ({ name: "mine", onEvent: async () => {} }))).toEqual([]);
});

it.each<readonly [string, string[], () => RunObserver]>([
  ["has no name", ["1"], () => ({ name: " ", onEvent: () => {} })],
  [
    "does not know a type",
    ["3"],
    () => ({
      name: "mine",
      onEvent: ({ type }) => {
        if (!/^(?:run|round|step|chain|node|hook|note|warning|output)/.test(type)) {
          throw new Error(type);
        }
      },
    }),
  ],
  [
    "needs run:start",
    ["4"],
    () => {
      let started = false;
      return {
        name: "mine",
        onEvent: async ({ type }) => {
          started ||= type === "run:start";
          if (!started) {
            throw new Error("not started");
          }
        },
      };
    },
  ],
  [
    "changes events",
    ["5"],
    () => ({
      name: "mine",
      onEvent: (event) => {
        (event as { seen?: boolean }).seen = true;
      },
    }),
  ],
  [
    "takes one run alone",
    ["6"],
    () => {
      let ended = false;
      return {
        name: "mine",
        onEvent: ({ type }) => {
          if (ended) {
            throw new Error("ended");
          }
          ended = type === "run:done";
        },
      };
    },
  ],
])("fails one that %s", async (_, cases, create) => {
  expect(await broken(create)).toEqual(cases);
});
