import { PgMigError } from "@pg-mig/model";
import { systemErrorCode } from "./file-system.js";

/** What to throw if a file or folder could not be written: what was thrown, if it was not the system's refusal. */
export function notWritten(file: string, error: unknown): unknown {
  const reason = systemErrorCode(error);
  return reason === undefined
    ? error
    : new PgMigError(`${file} cannot be written (${reason}).`, {
        code: "MIGRATION_FILE_NOT_WRITTEN",
        hint: "Check the permissions of its folder, and that there is room on the disk.",
        where: { file },
        cause: error,
      });
}
