import type { RunEvent } from "@pg-mig/report";
import { failureOn, reportOf, runStart, serverError, shardNames } from "@pg-mig/report/testing";
import { describe, expect, it } from "vitest";
import { countedView } from "./counted-view.test.support.js";
import { ManualClock } from "./fake-terminal.test.support.js";
import { createPlainView } from "./plain-view.js";
import { createTerminal } from "./terminal.js";

function plainView() {
  const written: string[] = [];
  const clock = new ManualClock();
  const terminal = {
    write: (text: string) => void written.push(text),
    columns: () => 80,
    isTty: false,
    colors: false,
  };
  const lines = () => written.join("").trimEnd().split("\n");
  const view = countedView(clock, (progress) => createPlainView({ terminal, progress, clock }));
  return { clock, lines, view };
}

const started = (node: string, shard: string): RunEvent => ({
  type: "step:start",
  node,
  shard,
  version: "v",
});
const done = (node: string, shard: string): RunEvent => ({
  type: "step:done",
  node,
  shard,
  version: "v",
  durationMs: 1500,
});
const runDone: RunEvent = { type: "run:done", report: reportOf({}) };

describe("createPlainView", () => {
  it("gives a large run a line per tenth, whatever the number of shards", () => {
    const { clock, lines, view } = plainView();
    view.handle(runStart(["n1", "n2"], 1000));
    for (const shard of shardNames(1000)) {
      view.handle(started("n1", shard));
      clock.advance(20);
      view.handle(done("n1", shard));
    }
    view.handle(runDone);
    expect(lines()).toHaveLength(11);
    expect(lines().slice(0, 2)).toEqual([
      "Applying 1,000 steps on 1,000 of 1,000 shards, 2 nodes: n1, n2 (port 5432, database app)",
      "100/1,000 (10%), 50/s",
    ]);
    expect(lines().at(-1)).toBe("1,000/1,000 (100%), 50/s");
  });

  it("says at most a line a second when the run is quick", () => {
    const { clock, lines, view } = plainView();
    view.handle(runStart(["n"], 1000));
    for (const shard of shardNames(1000)) {
      clock.advance(2);
      view.handle(done("n", shard));
    }
    expect(lines()).toHaveLength(3);
  });

  it("gives a small run a line per step", () => {
    const { lines, view } = plainView();
    view.handle(runStart(["n"], 3));
    view.handle(done("n", "sh0001"));
    view.handle({ type: "step:already-done", node: "n", shard: "sh0002", version: "v" });
    view.handle({
      type: "step:requeued",
      node: "n",
      shard: "sh0003",
      version: "v",
      reason: "shard-taken",
      attempt: 1,
      delayMs: 5,
      blockedBy: [{ pid: 9, application: "pg-mig" }],
    });
    expect(lines().slice(1)).toEqual([
      "done n:sh0001 v (1.5 s)",
      "done by another run: n:sh0002 v",
      "will retry (shard-taken): n:sh0003 v, waiting for process 9 (pg-mig)",
    ]);
  });

  it("says that a node is away, for how long it is waited for, and no time left meanwhile", () => {
    const { clock, lines, view } = plainView();
    view.handle(runStart(["n1", "n2"], 100));
    for (const shard of shardNames(25)) {
      view.handle(started("n1", shard));
      clock.advance(40);
      view.handle(done("n1", shard));
    }
    view.handle(started("n2", "sh0001"));
    const error = { code: "NODE_UNREACHABLE", message: "No server accepts connections at n2." };
    view.handle({ type: "node:away", node: "n2", error, leftMs: 60_000 });
    clock.advance(15_000);
    view.handle({ type: "node:back", node: "n2", awayMs: 15_000 });
    clock.advance(15_000);
    view.handle({ type: "node:away", node: "n2", error, leftMs: 60_000 });
    view.handle({ type: "node:lost", node: "n2", error, awayMs: 60_000 });
    expect(lines().slice(1)).toEqual([
      "25/100 (25%), 24/s",
      "away n2: No server accepts connections at n2. The run waits for it, 1 min 00 s at most.",
      expect.stringContaining("waiting for n2, at most 55 s more: No server"),
      expect.stringContaining("waiting for n2, at most 50 s more: No server"),
      "25/100 (25%), 1.6/s, waiting for n2, at most 45 s more: No server accepts connections at n2.",
      "back n2 after 15 s",
      "25/100 (25%), nothing done for 20 s, 1 slot busy, the longest for 20 s with n2:sh0001 v",
      "25/100 (25%), nothing done for 25 s, 1 slot busy, the longest for 25 s with n2:sh0001 v",
      "25/100 (25%), nothing done for 30 s, 1 slot busy, the longest for 30 s with n2:sh0001 v",
      "away n2: No server accepts connections at n2. The run waits for it, 1 min 00 s at most.",
      "given up n2: No server accepts connections at n2.",
    ]);
  });

  it("says which node is paused and why, and that it goes on", () => {
    const { clock, lines, view } = plainView();
    view.handle(runStart(["n1", "n2"], 100));
    const why = "the standby r1 lags by 12 s";
    view.handle({ type: "node:paused", node: "n2", reasons: ["lagMs"], why });
    clock.advance(5000);
    view.handle({ type: "node:resumed", node: "n2", pausedMs: 5000 });
    expect(lines().slice(1)).toEqual([
      "paused n2: the standby r1 lags by 12 s",
      expect.stringMatching(/n2 paused, for 5 s: the standby r1 lags by 12 s$/),
      "resumed n2 after 5.0 s",
    ]);
  });

  it("says what it waits for when nothing happens", () => {
    const { clock, lines, view } = plainView();
    view.handle(runStart(["n1", "n2"], 100));
    view.handle(started("n1", "sh0001"));
    view.handle(started("n2", "sh0002"));
    clock.advance(16_000);
    const work = { node: "n1", shard: "sh0001", version: "v" };
    view.handle({ type: "step:waiting", ...work, blockedBy: [{ pid: 7, user: "app" }] });
    clock.advance(15_000);
    view.handle({
      type: "step:requeued",
      ...work,
      reason: "lock-timeout",
      attempt: 1,
      delayMs: 9,
      blockedBy: [{ pid: 8 }],
    });
    clock.advance(15_000);
    view.handle(done("n1", "sh0001"));
    clock.advance(15_000);
    // Every five seconds in the first minute.
    expect(lines()).toHaveLength(12);
    expect(lines().filter((_, index) => index > 0 && index % 3 === 0)).toEqual([
      "0/100 (0%), 2 slots busy, the longest for 15 s with n1:sh0001 v",
      "0/100 (0%), 2 slots busy, the longest for 30 s with n1:sh0001 v (waiting for process 7 app)",
      "0/100 (0%), 1 slot busy, the longest for 45 s with n2:sh0002 v, held up: n1:sh0001, by process 8",
    ]);
    expect(lines().at(-1)).toMatch(/with n2:sh0002 v$/);
  });

  it("gives before.sql two lines, however many nodes there are", () => {
    const { lines, view } = plainView();
    const nodes = Array.from({ length: 50 }, (_, index) => `n${index}`);
    view.handle(runStart(nodes, 100));
    for (const node of nodes) {
      view.handle({ type: "hook:start", node, file: "before.sql" });
    }
    for (const [index, node] of nodes.entries()) {
      view.handle({ type: "hook:done", node, file: "before.sql", durationMs: index * 10 });
    }
    expect(lines().slice(1)).toEqual([
      "before.sql starts on 50 nodes",
      "before.sql done on 50 nodes (slowest n49, 490 ms)",
    ]);
  });

  it("tells of after.sql again when a later round runs it again", () => {
    const { lines, view } = plainView();
    view.handle(runStart(["n"], 100));
    for (const durationMs of [10, 20]) {
      view.handle({ type: "hook:start", node: "n", file: "after.sql" });
      view.handle({ type: "hook:done", node: "n", file: "after.sql", durationMs });
    }
    expect(lines().slice(1)).toEqual([
      "after.sql starts on 1 node",
      "after.sql done on 1 node (slowest n, 10 ms)",
      "after.sql starts on 1 node",
      "after.sql done on 1 node (slowest n, 20 ms)",
    ]);
  });

  it("names the node where before.sql failed", () => {
    const { lines, view } = plainView();
    view.handle(runStart(["n1", "n2"], 100));
    view.handle({ type: "hook:start", node: "n1", file: "before.sql" });
    view.handle({ type: "hook:start", node: "n2", file: "before.sql" });
    view.handle({ type: "hook:done", node: "n1", file: "before.sql", durationMs: 10 });
    const error = serverError("division by zero", { where: { file: "m/before.sql", line: 2 } });
    view.handle({ type: "hook:failed", node: "n2", file: "before.sql", durationMs: 90, error });
    expect(lines().slice(2)).toEqual([
      "before.sql failed on 1 node, done on 1 node (slowest n2, 90 ms)",
      "failed n2 before.sql at m/before.sql:2: division by zero",
    ]);
  });

  it("tells the first failures at once, and does not repeat the same one", () => {
    const { lines, view } = plainView();
    view.handle(runStart(["n"], 1000));
    for (const shard of shardNames(500)) {
      view.handle({ type: "step:failed", durationMs: 1, ...failureOn("n", shard) });
    }
    expect(lines()).toHaveLength(5);
    expect(lines()[1]).toBe(
      'failed n:sh0000 20240102.add.sh at migrations/20240102.add.sh.up.sql:3:8: relation "sh0000.orders" does not exist',
    );
  });

  it("writes no control code, also when a file prints one", () => {
    const { lines, view } = plainView();
    view.handle(runStart(["n"], 1));
    view.handle({ type: "output", node: "n", shard: "a", file: "f.sql", line: "\u001B[2Jhi" });
    expect(lines()[1]).toBe("n:a \\x1b[2Jhi");
  });

  it("folds its lines where they can be folded, up to the end of the run", () => {
    const written: string[] = [];
    const stream = { write: (text: string) => void written.push(text) };
    const terminal = createTerminal(stream, { GITHUB_ACTIONS: "true" });
    const clock = new ManualClock();
    const view = countedView(clock, (progress) => createPlainView({ terminal, progress, clock }));
    view.handle(runStart(["n"], 1));
    view.handle({ type: "note", message: "::endgroup::" });
    view.handle(runDone);
    view.stop();
    const lines = written.join("").split("\n");
    expect(lines).toEqual([
      "::group::Applying",
      "Applying 1 step on 1 of 1 shard, 1 node: n:5432/app",
      "\\x3a:endgroup::",
      "::endgroup::",
      "",
    ]);
  });

  it("leaves no timer behind", () => {
    const { clock, view } = plainView();
    view.handle(runStart(["n"], 1));
    view.handle(runDone);
    expect(clock.timers).toBe(0);
  });
});
