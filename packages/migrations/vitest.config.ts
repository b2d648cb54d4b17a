import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/migrations", include: ["src/**/*.test.ts"] },
});
