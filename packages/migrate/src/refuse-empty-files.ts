import { PgMigError } from "@pg-mig/model";
import type { FileWarning } from "./migration-files.js";

/**
 * Refuses to undo by files that do nothing: the ledger would lose a version whose objects are all still
 * there, and the next apply would fail on them.
 *
 * @throws PgMigError `UNDO_FILE_EMPTY`
 */
export function refuseEmptyFiles(files: readonly FileWarning[]): void {
  const [first] = files;
  if (first !== undefined) {
    const { file, version } = first;
    throw new PgMigError(`${file} holds no statement: it would undo nothing.`, {
      code: "UNDO_FILE_EMPTY",
      hint: "Write what undoes the version, or SELECT 1; if there is nothing to undo.",
      where: { file, version },
    });
  }
}
