/** The least score, in percent, of each part. */
export const threshold = 95;

/**
 * What is mutated, and the tests that must notice: those that need no server. Paths without `!` are
 * globs from the root.
 */
export const parts = {
  planner: {
    mutate: ["packages/planner/src/*.ts"],
    tests: ["packages/planner/src/*.test.ts"],
  },
  schedule: {
    mutate: ["packages/executor/src/{chain-schedule,limit-places,scheduled-node,timers}.ts"],
    tests: ["packages/executor/src/chain-schedule.test.ts"],
  },
  limits: {
    mutate: ["packages/sql-rules/src/*.ts"],
    tests: ["packages/sql-rules/src/*.test.ts"],
  },
  errors: {
    mutate: ["packages/sessions/src/{server-error,error-info}.ts"],
    tests: ["packages/sessions/src/{server-error,error-info}.test.ts"],
  },
  ledger: {
    mutate: ["packages/ledger/src/{const-function,db-digest,node-ledger,run-name,shard-ledger}.ts"],
    tests: [
      "packages/ledger/src/{const-function,db-digest,formats,node-ledger,run-name,shard-ledger}.test.ts",
    ],
  },
  settings: {
    mutate: [
      "packages/config/src/{config-keys,exported-variables,find-config-files,find-given,given-value}.ts",
      "packages/config/src/{load-config-file,merge-settings,resolve-settings,setting-source,setting-types}.ts",
    ],
    tests: ["packages/config/src/*.test.ts"],
  },
};
