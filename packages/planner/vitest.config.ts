import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/planner", include: ["src/**/*.test.ts"] },
});
