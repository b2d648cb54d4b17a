import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/ledger", include: ["src/**/*.test.ts"] },
});
