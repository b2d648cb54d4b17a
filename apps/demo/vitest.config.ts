import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/demo", include: ["src/**/*.test.ts"] },
});
