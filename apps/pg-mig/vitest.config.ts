import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "pg-mig", include: ["src/**/*.test.ts"] },
});
