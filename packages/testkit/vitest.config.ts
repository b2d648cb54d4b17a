import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/testkit", include: ["src/**/*.test.ts"] },
});
