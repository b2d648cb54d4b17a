import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@pg-mig/discovery-dns", include: ["src/**/*.test.ts"] },
});
