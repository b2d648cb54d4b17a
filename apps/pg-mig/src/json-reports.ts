import { PgMigError } from "@pg-mig/model";
import { refuseReportPlace, renderJson, reportFormat, writeReportFile } from "./report-file.js";

/**
 * Finds out whether the reports of a command that is no run could be written: they are JSON only.
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

/** Writes what the command prints with `--json`. @throws PgMigError `REPORT_NOT_WRITTEN` */
export async function writeJsonReports(
  paths: readonly string[] = [],
  answer: object,
): Promise<void> {
  for (const path of paths) {
    await writeReportFile(path, renderJson(answer));
  }
}
