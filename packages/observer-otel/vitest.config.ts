import { defineConfig } from "vitest/config";

export default defineConfig({
  // Machines are shared and busy: a test that waits for ever is ended, one that is slow is not.
  test: {
    name: "@pg-mig/observer-otel",
    include: ["src/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
