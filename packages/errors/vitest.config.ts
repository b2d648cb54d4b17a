import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/errors", include: ["src/**/*.test.ts"] },
});
