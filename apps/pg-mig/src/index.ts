export type { PgMigConfig } from "@pg-mig/config";
export { defineConfig } from "@pg-mig/config";
export { isPgMigError, PgMigError } from "@pg-mig/errors";
export { command, file, hosts, loadDBDigest } from "@pg-mig/migrate";
export type { CommandProcess } from "./run.js";
export { run } from "./run.js";
