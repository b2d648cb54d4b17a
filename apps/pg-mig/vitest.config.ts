import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Machines are shared and busy: a test that waits for ever is ended, one that is slow is not.
  test: {
    name: "pg-mig",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Files wait for servers and child processes most of the time: two at once even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Vitest wants projects with another number of workers to run behind the rest.
    sequence: { groupOrder: 1 },
  },
});
