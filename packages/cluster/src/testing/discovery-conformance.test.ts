import { describe, expect, it } from "vitest";
import type { DiscoverySource } from "../discovery-source.js";
import type { NodeSpec } from "../node-spec.js";
import { type ConformanceSubject, discoveryConformance } from "./discovery-conformance.js";

const one: NodeSpec[] = [{ host: "a" }];

function source(discover: DiscoverySource["discover"], name = "mine"): DiscoverySource {
  return { name, discover };
}

const good = () => source(async () => one);
const hanging = () =>
  source(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.throwIfAborted();
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  );
const failing = () => source(() => Promise.reject(new Error("down")));

/** The numbers of the cases that a subject fails. */
async function broken(subject: ConformanceSubject): Promise<string[]> {
  const cases = discoveryConformance({ secrets: ["hunter2"], endsWithinMs: 200, ...subject });
  const failed: string[] = [];
  for (const { name, run } of cases) {
    await run().catch(() => failed.push(name.slice(0, 1)));
  }
  return failed;
}

describe("discoveryConformance", () => {
  it("passes a source that keeps the contract, in all eight cases", async () => {
    const subject = {
      create: good,
      expected: one,
      createFailing: failing,
      createHanging: hanging,
    };
    expect(discoveryConformance(subject)).toHaveLength(8);
    expect(await broken(subject)).toEqual([]);
  });

  it("passes a source that gives its nodes one by one", async () => {
    const stream = source(async function* () {
      yield* one;
    });
    expect(await broken({ create: () => stream, expected: one })).toEqual([]);
  });

  let calls = 0;
  const untyped = (value: unknown) => source(async () => JSON.parse(JSON.stringify(value)));
  const faults: readonly [string, ConformanceSubject, string][] = [
    ["no name", { create: () => source(async () => one, " ") }, "1"],
    ["a name of two lines", { create: () => source(async () => one, "a\nb") }, "1"],
    ["no node", { create: () => source(async () => []) }, "2"],
    ["a host that is no text", { create: () => untyped([{ host: 1 }]) }, "2"],
    ["a node too few", { create: good, expected: [...one, { host: "b" }] }, "3"],
    ["a node too many", { create: good, expected: [] }, "3"],
    ["another port", { create: good, expected: [{ host: "a", port: 1 }] }, "3"],
    ["other nodes each time", { create: () => source(async () => [{ host: `a${calls++}` }]) }, "4"],
    [
      "a line on the console",
      {
        create: () =>
          source(async () => {
            // biome-ignore lint/suspicious/noConsole: this is the fault
            console.log("looking");
            return one;
          }),
      },
      "5",
    ],
    ["a secret in its name", { create: () => source(async () => one, "db hunter2") }, "5"],
    [
      "a secret in its log",
      {
        create: () =>
          source(async ({ log }) => {
            log("token hunter2");
            return one;
          }),
      },
      "5",
    ],
    ["nodes although its service fails", { create: good, createFailing: good }, "6"],
    [
      "a secret in its error",
      { create: good, createFailing: () => source(() => Promise.reject(new Error("hunter2"))) },
      "6",
    ],
    ["a failure at once instead of waiting", { create: good, createHanging: failing }, "8"],
    [
      "no end after the abort",
      { create: good, createHanging: () => source(() => new Promise(() => {})) },
      "8",
    ],
  ];
  it.each(faults)("finds %s", async (_, subject, number) => {
    expect(await broken(subject)).toEqual([number]);
  });

  it("finds a source that takes no notice of a signal that is aborted already", async () => {
    const deaf = source(({ signal }) =>
      signal.aborted ? new Promise(() => {}) : Promise.resolve(one),
    );
    expect(await broken({ create: () => deaf })).toEqual(["7"]);
  });
});
