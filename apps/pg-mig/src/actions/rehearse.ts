import {
  type RehearsalReport,
  type RehearsedVersion,
  rehearse,
  rehearseOnShard,
} from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import type { RehearsalRequest } from "../rehearse-flags.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { rehearsalSummary, rehearsedLines } from "../view/rehearsal-lines.js";
import { renderLines } from "../view/render-lines.js";

const statuses = {
  ok: exitStatus.done,
  failed: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;

/** Tries versions on a scratch database or a live shard, and prints what became of each as soon as it is known. */
export async function rehearseAction(
  request: RehearsalRequest,
  context: ActionContext,
): Promise<number> {
  const { settings, stdout, cwd } = context;
  const { json, quiet, verbose, report } = settings;
  await refuseOtherThanJson("rehearse", report);
  const where = "shard" in request ? "live" : "scratch";
  const show = (told: readonly RehearsedVersion[]) => {
    const lines = told.flatMap((version) => rehearsedLines(version, { verbose, where }));
    stdout.write(renderLines(lines, stdout));
  };
  const options = {
    ...(await clusterOptions(context)),
    env: fileEnvironment(context),
    lockTimeoutMs: settings.lockTimeoutMs,
    onNote: noteWriter(context),
    onVersion(version: RehearsedVersion) {
      if (!json && !quiet) {
        show([version]);
      }
    },
  };
  const { scratch, shell, statementTimeoutMs } = settings;
  const rehearsal: RehearsalReport =
    "shard" in request
      ? await rehearseOnShard({ ...options, ...request, statementTimeoutMs })
      : await rehearse({ ...options, ...request, scratch, allowShell: shell, folder: cwd });
  if (json) {
    stdout.write(jsonLine({ type: "rehearsal", ...rehearsal }));
  } else if (!(quiet && rehearsal.outcome === "ok")) {
    show(quiet ? rehearsal.versions : []);
    stdout.write(renderLines(rehearsalSummary(rehearsal), stdout));
  }
  await writeJsonReports(report, { type: "rehearsal", ...rehearsal });
  return statuses[rehearsal.outcome];
}
