import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/psql-script", include: ["src/**/*.test.ts"] },
});
