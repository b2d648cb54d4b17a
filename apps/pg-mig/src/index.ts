export { isPgMigError, PgMigError } from "@pg-mig/errors";
export { loadDBDigest } from "@pg-mig/migrate";
export type { CommandProcess } from "./run.js";
export { run } from "./run.js";
