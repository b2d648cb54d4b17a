export type { PgMigConfig } from "@pg-mig/config";
export { defineConfig } from "@pg-mig/config";
export { command, file, hosts, loadDBDigest } from "@pg-mig/migrate";
export { isPgMigError, PgMigError } from "@pg-mig/model";
export type { ErrorInfo, Report, Run, RunEvent, RunOutcome, StepFailure } from "@pg-mig/report";
export type { MigrateOptions } from "./migrate.js";
export { migrate } from "./migrate.js";
export { main } from "./run.js";
