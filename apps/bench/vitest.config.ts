import { defineConfig } from "vitest/config";

export default defineConfig({
  // Each test starts servers and lets programs work on them; one lets every contender do every work, which
  // is some half a minute of processor time.
  test: { name: "@pg-mig/bench", include: ["src/**/*.test.ts"], testTimeout: 600_000 },
});
