import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@pg-mig/testkit",
    include: ["src/**/*.test.ts"],
    // The first run on a machine makes a data directory for each major version.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
