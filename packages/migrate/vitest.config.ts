import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/migrate", include: ["src/**/*.test.ts"] },
});
