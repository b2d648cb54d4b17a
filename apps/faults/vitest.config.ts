import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/faults", include: ["src/**/*.test.ts"] },
});
