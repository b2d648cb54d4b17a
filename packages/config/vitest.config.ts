import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/config", include: ["src/**/*.test.ts"] },
});
