import { defineConfig } from "vitest/config";

export default defineConfig({
  // Packing and installing take their time.
  test: {
    name: "@pg-mig/packaging",
    include: ["src/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
