import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*/vitest.config.ts", "apps/*/vitest.config.ts"],
    // Tests mostly wait for servers: twice as many files at a time as there are processors halve the
    // time that all take.
    maxWorkers: availableParallelism() * 2,
  },
});
