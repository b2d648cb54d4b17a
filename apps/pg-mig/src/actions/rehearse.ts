import {
  type RehearsalReport,
  type RehearsedVersion,
  type RehearseOptions,
  rehearse,
} from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { refuseReportPlace, writeReportFile } from "../report-file.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { rehearsalSummary, rehearsedLines } from "../view/rehearsal-lines.js";
import { renderLines } from "../view/styled-line.js";

const statuses = {
  ok: exitStatus.done,
  failed: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;

/** Tries versions on a scratch database, and prints what became of each as soon as it is known. */
export async function rehearseAction(
  versions: NonNullable<RehearseOptions["versions"]>,
  context: ActionContext,
): Promise<number> {
  const { settings, stdout, cwd } = context;
  const { json, quiet, verbose, report, scratch, shell } = settings;
  if (report !== undefined) {
    await refuseReportPlace(report);
  }
  const show = (told: readonly RehearsedVersion[]) => {
    const lines = told.flatMap((version) => rehearsedLines(version, { verbose }));
    stdout.write(renderLines(lines, stdout));
  };
  const rehearsal: RehearsalReport = await rehearse({
    ...(await clusterOptions(context)),
    versions,
    scratch,
    folder: cwd,
    env: fileEnvironment(context),
    allowShell: shell,
    onNote: noteWriter(context),
    onVersion(version) {
      if (!json && !quiet) {
        show([version]);
      }
    },
  });
  if (json) {
    stdout.write(jsonLine({ type: "rehearsal", ...rehearsal }));
  } else if (!(quiet && rehearsal.outcome === "ok")) {
    show(quiet ? rehearsal.versions : []);
    stdout.write(renderLines(rehearsalSummary(rehearsal), stdout));
  }
  if (report !== undefined) {
    await writeReportFile(report, { type: "rehearsal", ...rehearsal });
  }
  return statuses[rehearsal.outcome];
}
