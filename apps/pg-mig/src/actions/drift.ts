import { drift } from "@pg-mig/migrate";
import { PgMigError } from "@pg-mig/model";
import type { ActionContext } from "../action-context.js";
import { type DriftFlags, parseDriftFlags } from "../drift-flags.js";
import { exitStatus } from "../exit-status.js";
import { refuseReportPlace, renderJson, reportFormat, writeReportFile } from "../report-file.js";
import { clusterOptions } from "../run-options.js";
import { driftLines } from "../view/drift-lines.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { renderLines } from "../view/render-lines.js";

const statuses = {
  alike: exitStatus.done,
  drift: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;

/** Compares shards that ought to be alike, and prints what differs. Changes nothing. */
export async function driftAction(flags: DriftFlags, context: ActionContext): Promise<number> {
  const { settings, stdout } = context;
  const { report = [] } = settings;
  for (const path of report) {
    refuseOtherThanJson(path);
    await refuseReportPlace(path);
  }
  const found = await drift({
    ...parseDriftFlags(flags),
    ...(await clusterOptions(context)),
    lockTimeoutMs: settings.lockTimeoutMs,
    onNote: noteWriter(context),
  });
  if (!(settings.quiet && found.outcome === "alike")) {
    stdout.write(
      settings.json
        ? jsonLine({ type: "drift", ...found })
        : renderLines(driftLines(found), stdout),
    );
  }
  for (const path of report) {
    await writeReportFile(path, renderJson({ type: "drift", ...found }));
  }
  return statuses[found.outcome];
}

function refuseOtherThanJson(path: string): void {
  if (reportFormat(path) !== ".json") {
    throw new PgMigError(`drift writes its report as JSON only, not to ${path}.`, {
      code: "REPORT_NOT_WRITTEN",
      hint: "Nothing was changed. Name in --report a file that ends in .json.",
      where: { file: path },
    });
  }
}
