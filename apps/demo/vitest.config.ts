import { defineConfig } from "vitest/config";

export default defineConfig({
  // Each test plays the demo, which starts servers and runs the command several times.
  test: { name: "@pg-mig/demo", include: ["src/**/*.test.ts"], testTimeout: 120_000 },
});
