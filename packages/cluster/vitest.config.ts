import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/cluster", include: ["src/**/*.test.ts"] },
});
