import { describe, expect, it } from "vitest";
import {
  type Evidence,
  hooksWereRun,
  invariants,
  isAtHead,
  nothingWritten,
  runsWorkAlone,
} from "./invariants.js";
import type { AppliedRow, NodeState, ShardState } from "./observation.js";
import { testVersion } from "./test-version.js";
import type { EndedRun, ToolEvent } from "./tool-run.js";
import { runsToldTheTruth, statusProblems } from "./truthful-runs.js";

const versions = [testVersion(1, "plain"), testVersion(2, "rows"), testVersion(3, "concurrent")];
const [one = "", two = "", three = ""] = versions.map(({ name }) => name);

const ran = (version: string, atUs: number, delta = 1): AppliedRow => ({
  version,
  delta,
  beganUs: atUs,
  committedUs: atUs + 5,
});

/** A shard with all versions, but for what is said. */
function shard(difference: Partial<ShardState> = {}): ShardState {
  return {
    shard: "sh0001",
    ledger: [one, two, three],
    ledgerStamp: "1:1",
    applied: [ran(one, 10), ran(two, 20)],
    objects: ["item", "applied", "v1", "v3"],
    invalidIndexes: [],
    ...difference,
  };
}

function node(shards: readonly ShardState[], difference: Partial<NodeState> = {}): NodeState {
  return {
    label: "db1",
    shards,
    backends: [],
    advisoryLocks: 0,
    hookRuns: [],
    digestStamp: "digest:1",
    ...difference,
  };
}

function evidence(difference: Partial<Evidence> & { readonly shard?: ShardState } = {}): Evidence {
  const { shard: state = shard(), ...rest } = difference;
  return { versions, nodes: [node([state])], runs: [], ...rest };
}

/** A run that ended, with these events after its start. */
function run(
  outcome: "done" | "failed",
  events: readonly ToolEvent[] = [],
  difference: Partial<EndedRun> = {},
): EndedRun {
  const failed = events.filter((event) => event.type === "step:failed");
  const report = {
    action: "apply",
    startedAt: "2026-01-12T10:20:30.000Z",
    origin: {},
    addresses: ["db1:5432/app"],
    outcome,
    durationMs: 1,
    planned: 3,
    done: 3 - failed.length,
    alreadyDone: 0,
    failed,
    inDoubt: [],
    notAttempted: 0,
    abandoned: [],
    lostNodes: [],
    hookFailures: [],
    warnings: [],
    doneByVersion: [],
    durationsByVersion: [],
    durationsByNode: [],
    slowest: [],
    timeLine: { everyMs: 1000, done: [], failed: [] },
    latest: [],
    edited: [],
  } as const;
  return {
    args: [],
    status: outcome === "done" ? 0 : 1,
    overdue: false,
    events: [...events, { type: "run:done", report }],
    stderr: "",
    durationMs: 1,
    work: undefined,
    ...difference,
  };
}

const step = { node: "db1", shard: "sh0001", durationMs: 1 } as const;

/** The invariants that do not hold. */
function broken(found: Evidence): string[] {
  return [...invariants].flatMap(([name, check]) => (check(found).length > 0 ? [name] : []));
}

describe("the invariants", () => {
  it("hold for a cluster with all versions, and for one with a beginning of them", () => {
    expect(broken(evidence())).toEqual([]);
    const begun = shard({ ledger: [one], applied: [ran(one, 10)], objects: ["v1"] });
    expect(broken(evidence({ shard: begun }))).toEqual([]);
    const empty = shard({ ledger: undefined, applied: [], objects: [] });
    expect(broken(evidence({ shard: empty }))).toEqual([]);
  });

  it.each<[string, Partial<ShardState>, string[]]>([
    ["a ledger that has a version without its table", { objects: ["v3"] }, ["I1"]],
    [
      "a table that no ledger knows of",
      { ledger: undefined, applied: [], objects: ["v1"] },
      ["I1"],
    ],
    ["a ledger that has a version without its index", { objects: ["v1"] }, ["I1"]],
    ["a version that ran twice", { applied: [ran(one, 10), ran(two, 20), ran(two, 30)] }, ["I2"]],
    ["a version that never ran", { applied: [ran(one, 10)] }, ["I2"]],
    [
      "a version that ran and is not in the ledger",
      { ledger: [one], applied: [ran(one, 10), ran(two, 20)], objects: ["v1"] },
      ["I2"],
    ],
    ["a ledger with a gap", { ledger: [one, three], applied: [ran(one, 10)] }, ["I3"]],
    ["a ledger with a version twice", { ledger: [one, two, three, three] }, ["I3"]],
    [
      "two transactions in one shard at once",
      { applied: [ran(one, 10), { ...ran(two, 20), beganUs: 14 }] },
      ["I7"],
    ],
  ])("do not hold for %s", (_, difference, expected) => {
    expect(broken(evidence({ shard: shard(difference) }))).toEqual(expected);
  });

  it("do not expect an index that is built outside of a transaction to wait for the ledger", () => {
    expect(broken(evidence({ shard: shard({ ledger: [one, two] }) }))).toEqual([]);
  });

  it("count what an undo has taken back", () => {
    const undone = shard({
      ledger: [one],
      applied: [ran(one, 10), ran(two, 20), ran(two, 30, -1)],
      objects: ["v1"],
    });
    expect(broken(evidence({ shard: undone }))).toEqual([]);
  });

  it("see what a run has left on a server", () => {
    const backends = [{ pid: 7, state: "idle in transaction" }];
    expect(broken(evidence({ nodes: [node([], { backends })] }))).toEqual(["I6"]);
    expect(broken(evidence({ nodes: [node([], { advisoryLocks: 1 })] }))).toEqual(["I6"]);
  });

  it("let an invalid index be where its run was killed or has told of it", () => {
    const halfBuilt = shard({ ledger: [one, two], objects: ["v1"], invalidIndexes: ["v3"] });
    const error = { code: "X", message: "" };
    const told = run("failed", [
      { type: "step:failed", ...step, version: three, error, notAttempted: [] },
    ]);
    const killed = run("done", [], { events: [], status: undefined });
    expect(broken(evidence({ shard: halfBuilt, runs: [run("done")] }))).toEqual(["I6"]);
    expect(broken(evidence({ shard: halfBuilt, runs: [told] }))).toEqual([]);
    expect(broken(evidence({ shard: halfBuilt, runs: [killed] }))).toEqual([]);
  });

  it("expect nothing of a shard that the fault has ruined", () => {
    const ruined = new Set(["db1/sh0001"]);
    expect(broken(evidence({ shard: shard({ objects: [] }), ruined }))).toEqual([]);
  });
});

describe("runsWorkAlone", () => {
  it("sees a run that begins before another one is done, in whatever order they are told", () => {
    const [early, inBetween, late] = [
      { fromMs: 0, toMs: 10 },
      { fromMs: 9, toMs: 20 },
      { fromMs: 10, toMs: 30 },
    ].map((work) => run("done", [], { work }));
    if (!early || !inBetween || !late) {
      throw new Error("There are three.");
    }
    expect(runsWorkAlone({ runs: [late, early] })).toEqual([]);
    expect(runsWorkAlone({ runs: [inBetween, early] })).toHaveLength(1);
  });
});

describe("isAtHead", () => {
  it("asks for all versions on the nodes that are named", () => {
    const found = evidence({ shard: shard({ ledger: [one] }) });
    expect(isAtHead(found)).toEqual(["db1/sh0001 has 1 of 3 versions"]);
    expect(isAtHead(found, ["db2"])).toEqual([]);
  });
});

describe("hooksWereRun", () => {
  it("asks for after.sql after the last version, and before.sql at all", () => {
    const hooks = (...runs: readonly (readonly [file: string, beganUs: number])[]) =>
      evidence({
        nodes: [node([shard()], { hookRuns: runs.map(([file, beganUs]) => ({ file, beganUs })) })],
      });
    expect(hooksWereRun(hooks(["before.sql", 1], ["after.sql", 30]))).toEqual([]);
    expect(hooksWereRun(hooks(["before.sql", 1], ["after.sql", 24]))).toHaveLength(1);
    expect(hooksWereRun(hooks(["after.sql", 30]))).toHaveLength(1);
  });
});

describe("nothingWritten", () => {
  it("compares the stamps of ledgers and nodes", () => {
    const before = [node([shard()])];
    expect(nothingWritten(before, before)).toEqual([]);
    expect(nothingWritten(before, [node([shard({ ledgerStamp: "1:2" })])])).toHaveLength(1);
    expect(nothingWritten(before, [node([shard()], { digestStamp: "digest:2" })])).toHaveLength(1);
  });
});

describe("runsToldTheTruth", () => {
  const done: ToolEvent = { type: "step:done", ...step, version: two };
  const failed: ToolEvent = {
    type: "step:failed",
    ...step,
    version: two,
    error: { code: "X", message: "" },
    notAttempted: [],
  };

  it("believes a run whose words are borne out", () => {
    expect(runsToldTheTruth(evidence({ runs: [run("done", [done])] }))).toEqual([]);
    const unfinished = shard({ ledger: [one] });
    expect(
      runsToldTheTruth(evidence({ shard: unfinished, runs: [run("failed", [failed])] })),
    ).toEqual([]);
  });

  it("sees a version that was called done, and is not there", () => {
    const unfinished = evidence({ shard: shard({ ledger: [one] }), runs: [run("failed", [done])] });
    expect(runsToldTheTruth(unfinished)).toHaveLength(1);
    expect(runsToldTheTruth({ ...unfinished, alsoWrote: "another-writer" })).toEqual([]);
  });

  it("sees a version that was called failed, and is there", () => {
    expect(runsToldTheTruth(evidence({ runs: [run("failed", [failed])] }))).toHaveLength(1);
  });

  it("sees a run that says it is done, and has left something undone", () => {
    const unfinished = evidence({ shard: shard({ ledger: [one] }), runs: [run("done")] });
    const told = ["status 0, but db1/sh0001 has 1 of 3 versions"];
    expect(runsToldTheTruth(unfinished)).toEqual(told);
    expect(runsToldTheTruth({ ...unfinished, alsoWrote: "lost-by-failover" })).toEqual(told);
    expect(runsToldTheTruth({ ...unfinished, alsoWrote: "lost-after-the-run" })).toEqual([]);
  });

  it("sees a version that was called another run's, where there was none", () => {
    const disowned: ToolEvent = { ...step, type: "step:already-done", version: two };
    const runs = [run("done", [disowned])];
    expect(runsToldTheTruth(evidence({ runs }))).toHaveLength(1);
    expect(runsToldTheTruth(evidence({ runs: [...runs, run("done")] }))).toEqual([]);
  });

  it("sees a password in what was printed", () => {
    const talkative = run("done", [], { stderr: "cannot connect with hunter2" });
    const found = evidence({ runs: [talkative], secrets: ["hunter2"] });
    expect(runsToldTheTruth(found)).toEqual(["the run printed a password"]);
  });
});

describe("statusProblems", () => {
  it("compares the exit status with the outcome", () => {
    const of = (ended: EndedRun, outcome?: "done" | "failed" | "interrupted") =>
      statusProblems(ended, outcome && { ...reportOf("done"), outcome });
    const ended = (status: number | undefined, events: readonly ToolEvent[] = []) =>
      run("done", [], { status, events });
    const refused = [{ type: "error", code: "X", message: "" }] as const;
    expect(of(ended(0), "done")).toEqual([]);
    expect(of(ended(1), "done")).toHaveLength(1);
    expect(of(ended(0), "failed")).toHaveLength(1);
    expect(of(ended(143), "interrupted")).toEqual([]);
    expect(of(ended(1, refused))).toEqual([]);
    expect(of(ended(70, refused))).toHaveLength(1);
    expect(of(ended(undefined))).toEqual([]);
    expect(of({ ...ended(undefined), overdue: true })).toHaveLength(1);
  });
});

function reportOf(outcome: "done") {
  const last = run(outcome).events.at(-1);
  if (last?.type !== "run:done") {
    throw new Error("A run ends with its report.");
  }
  return last.report;
}
