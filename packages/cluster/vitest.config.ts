import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@pg-mig/cluster",
    include: ["src/**/*.test.ts"],
    // Real servers start here, on machines that do other things, too.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
