import { describe, expect, it } from "vitest";
import { judge, ratio, summary } from "./figures.js";
import type { ContenderRun, WorkResult } from "./rounds.js";
import type { Target } from "./works/work.js";

function run(contender: string, seconds: number): ContenderRun {
  return {
    contender,
    client: { ms: seconds * 1000, cpuMs: seconds * 500, peakMb: undefined },
    server: { cpuMs: undefined, backendMb: undefined, traffic: undefined },
  };
}

/** Rounds of `pg-mig` and `other`, in seconds; a machine that is slower in the second round. */
function result(targets: readonly Target[] = []): WorkResult {
  const size = { nodes: 2, shards: 1, versions: 1, parallelism: 1, megabytes: 5 };
  const version = () => ({ sql: "", leaves: "nothing" }) as const;
  const rest = { about: "", quick: {}, servers: "stub", version, contenders: [] } as const;
  return {
    work: { name: "work", size, targets, ...rest },
    size,
    servers: "",
    rounds: [
      [run("pg-mig", 2), run("other", 1)],
      [run("other", 10), run("pg-mig", 30)],
      [run("pg-mig", 4), run("other", 1)],
    ],
    traffic: new Map([
      [
        "pg-mig",
        [
          { roundTrips: 9, workingRoundTrips: 4, transactions: 2 },
          { roundTrips: 9, workingRoundTrips: 6, transactions: 3 },
          { roundTrips: 12, workingRoundTrips: 5, transactions: 1 },
          { roundTrips: 4, workingRoundTrips: 0, transactions: 0 },
        ],
      ],
    ]),
  };
}

describe("figures", () => {
  it("are medians with their range", () => {
    expect(summary(result(), "pg-mig", "wall")).toEqual({ median: 4, lowest: 2, highest: 30 });
    expect(summary(result(), "pg-mig", "peak memory")).toBeUndefined();
    expect(summary(result(), "nobody", "wall")).toBeUndefined();
  });

  it("are compared round by round", () => {
    expect(ratio(result(), "wall", { of: "pg-mig", against: "other" })).toBe(3);
    expect(ratio(result(), "wall", { of: "pg-mig", against: "nobody" })).toBeUndefined();
  });

  it("tell what a version takes by most connections, and a node by all", () => {
    expect(summary(result(), "pg-mig", "round trips a version")?.median).toBe(2);
    expect(summary(result(), "pg-mig", "round trips a node")?.median).toBe(17);
    expect(summary(result(), "pg-mig", "connections a node")?.median).toBe(2);
    expect(summary(result(), "other", "connections a node")).toBeUndefined();
  });

  it("stand beside their targets", () => {
    const judged = judge(
      result([
        { figure: "client CPU", against: "other", atMost: 2 },
        { figure: "wall", of: "other", atMost: ({ megabytes = 0 }) => 2 * megabytes },
        { figure: "peak memory", atMost: 1 },
      ]),
    );
    expect(judged).toMatchObject([
      { of: "pg-mig", measured: 3, atMost: 2 },
      { of: "other", measured: 1, atMost: 10 },
      { of: "pg-mig", measured: undefined, atMost: 1 },
    ]);
  });
});
