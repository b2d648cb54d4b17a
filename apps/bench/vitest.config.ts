import { defineConfig } from "vitest/config";

export default defineConfig({
  // Each test starts servers and lets programs work on them.
  test: { name: "@pg-mig/bench", include: ["src/**/*.test.ts"], testTimeout: 120_000 },
});
