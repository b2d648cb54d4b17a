import { PgMigError } from "@pg-mig/model";
import { refuseReportPlace, renderJson, reportFormat, writeReportFile } from "./report-file.js";

/**
 * Refuses a place for what a command finds that has no form but JSON, before it looks at anything.
 *
 * @throws PgMigError `REPORT_NOT_WRITTEN`
 */
export async function refuseOtherThanJson(
  command: string,
  paths: readonly string[] = [],
): Promise<void> {
  for (const path of paths) {
    if (reportFormat(path) !== ".json") {
      throw new PgMigError(`${command} writes its report as JSON only, not to ${path}.`, {
        code: "REPORT_NOT_WRITTEN",
        hint: "Nothing was changed. Name in --report a file that ends in .json.",
        where: { file: path },
      });
    }
    await refuseReportPlace(path);
  }
}

/** Writes what a command found to files, each whole or not at all. */
export async function writeJsonReports(
  paths: readonly string[] = [],
  found: object,
): Promise<void> {
  for (const path of paths) {
    await writeReportFile(path, renderJson(found));
  }
}
