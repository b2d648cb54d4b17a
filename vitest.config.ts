import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*/vitest.config.ts", "apps/*/vitest.config.ts"],
    // Tests mostly wait for servers: twice as many files at a time as there are processors halve the
    // time that all take.
    maxWorkers: availableParallelism() * 2,
    // A busy machine answers late; what is waited for comes, or the test is wrong.
    expect: { poll: { timeout: 20_000 } },
  },
});
