import process from "node:process";
import { defineConfig } from "vitest/config";

/** The tests that need no server, of the parts that are measured: those that mutants are run against. */
export default defineConfig({
  test: {
    include: JSON.parse(process.env.PG_MIG_MUTATION_TESTS ?? "[]"),
    setupFiles: [new URL("steady-chance.mjs", import.meta.url).pathname],
    testTimeout: 60_000,
  },
});
