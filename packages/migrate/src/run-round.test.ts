import { type RunEvent, RunReducer } from "@pg-mig/report";
import { describe, expect, it, onTestFinished } from "vitest";
import { applyKind } from "./apply.js";
import { CommitServers } from "./commit-servers.js";
import {
  countingVersions,
  expectAllApplied,
  options,
  shardedCluster,
  shardNames,
} from "./counted-shards.test.support.js";
import { executorOptions } from "./executor-options.js";
import { migrationFolder } from "./migration-folder.test.support.js";
import { prepareRun } from "./prepare-run.js";
import { runRound } from "./run-round.js";

const { databases } = shardedCluster({ nodes: 2 });

describe("runRound", () => {
  it("applies nothing twice when five runs have the same plan, and no lock on any node", async () => {
    const nodes = await databases();
    const versions = countingVersions(6);
    const migrationDirectory = await migrationFolder(versions);
    const { signal } = new AbortController();
    const given = { ...options(nodes, migrationDirectory), signal };
    const prepared = await Promise.all(
      Array.from({ length: 5 }, () =>
        prepareRun({ ...given, purpose: "run", onNote: () => {} }, applyKind),
      ),
    );
    onTestFinished(async () => {
      await Promise.all(prepared.map(({ cluster }) => cluster.close()));
    });
    const events: RunEvent[] = [];
    const succeeded = await Promise.all(
      prepared.map(async (run) => {
        const report = new RunReducer(0);
        const emit = (event: RunEvent) => {
          report.add(event, 0);
          events.push(event);
        };
        const executor = executorOptions(run.cluster, { ...given, emit });
        const commits = new CommitServers();
        return (await runRound(run.chains, run, { ...executor, commits })) && !report.hasFailed;
      }),
    );
    expect(succeeded).toEqual([true, true, true, true, true]);
    await expectAllApplied(nodes, Object.keys(versions));
    const done = events.filter(({ type }) => type === "step:done");
    expect(done).toHaveLength(2 * shardNames.length * 6);
    expect(events).toContainEqual(expect.objectContaining({ type: "step:already-done" }));
  });
});
