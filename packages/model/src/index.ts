export type { LibpqHandling, LibpqOption, LibpqValueProblem } from "./libpq-options.js";
export { findLibpqOption, libpqOptions, libpqValueProblem } from "./libpq-options.js";
export { renderLocation } from "./location.js";
export { editDistance, nearestWord } from "./nearest-word.js";
export type { ErrorLocation, PgMigErrorOptions, Problem } from "./pg-mig-error.js";
export { isPgMigError, PgMigError } from "./pg-mig-error.js";
export { equals, ownPath, ownPathSql, quoteIdentifier, quoteLiteral } from "./sql-text.js";
