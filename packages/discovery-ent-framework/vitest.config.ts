import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/discovery-ent-framework", include: ["src/**/*.test.ts"] },
});
