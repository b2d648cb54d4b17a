import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/executor", include: ["src/**/*.test.ts"] },
});
