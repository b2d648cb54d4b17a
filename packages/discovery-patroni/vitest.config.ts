import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/discovery-patroni", include: ["src/**/*.test.ts"] },
});
