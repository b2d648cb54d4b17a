import { PgMigError } from "@pg-mig/model";
import type { FileWarning } from "./migration-files.js";

/**
 * Throws if there are such files.
 *
 * @throws PgMigError `FILES_UNUSUAL`, with a problem for each
 */
export function refuseUnusualFiles(files: readonly FileWarning[]): void {
  if (files.length === 0) {
    return;
  }
  throw new PgMigError(
    "Files are pending that are not all or nothing, or of which a part does not run.",
    {
      code: "FILES_UNUSUAL",
      hint: "Take BEGIN, COMMIT and \\q out of them; or run without the setting `strict`, if they are history that a new shard has to replay.",
      problems: files.map(({ version, file, message }) => ({ message, where: { version, file } })),
    },
  );
}
