export type { ErrorLocation, PgMigErrorOptions } from "./pg-mig-error.js";
export { isPgMigError, PgMigError } from "./pg-mig-error.js";
