import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that mostly wait: for time-outs, and for what watches over sessions. Longest first. */
const waiting = [
  "packages/executor/src/session-watch.test.ts",
  "apps/pg-mig/test/frozen-network.test.ts",
  "apps/pg-mig/test/frozen-readings.test.ts",
  "apps/pg-mig/test/frozen-adopt-and-rehearse.test.ts",
  "apps/pg-mig/test/throttle.test.ts",
  "apps/pg-mig/test/blocked.test.ts",
  "apps/pg-mig/test/pause-command.test.ts",
  "apps/pg-mig/test/limits.test.ts",
  "apps/pg-mig/test/pause.test.ts",
  "apps/pg-mig/test/gates.test.ts",
];

/**
 * Spreads the tests that wait over the others of their package: nobody would work while several of them are the last.
 * Without a run before, Vitest knows no more of files than their size.
 */
class WaitingSpread extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = await super.sort(files);
    for (const [place, path] of waiting.entries()) {
      const at = order.findIndex(({ moduleId }) => moduleId.endsWith(path));
      const [file] = at === -1 ? [] : order.splice(at, 1);
      if (file !== undefined) {
        const first = order.findIndex(({ project }) => project === file.project);
        order.splice(Math.max(first, 0) + 8 * place, 0, file);
      }
    }
    return order;
  }
}

export default defineConfig({
  test: {
    projects: ["packages/*/vitest.config.ts", "apps/*/vitest.config.ts"],
    // Tests mostly wait for servers: twice as many files at a time as there are processors halve the
    // time that all take.
    maxWorkers: availableParallelism() * 2,
    sequence: { sequencer: WaitingSpread },
  },
});
