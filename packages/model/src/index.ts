export { bugAddress, bugHint } from "./bug-report.js";
export { defaults } from "./defaults.js";
export { renderLocation } from "./location.js";
export { editDistance, nearestWord } from "./nearest-word.js";
export type { ErrorLocation, PgMigErrorOptions, Problem } from "./pg-mig-error.js";
export { isPgMigError, PgMigError } from "./pg-mig-error.js";
export type { Place, VersionPlaces } from "./place.js";
export { equals, ownPath, ownPathSql, quoteIdentifier, quoteLiteral } from "./sql-text.js";
