import {
  type RehearsalReport,
  type RehearsedVersion,
  rehearse,
  rehearseOnShard,
} from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { answerStatus } from "../answer-status.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import type { RehearsalRequest } from "../rehearse-flags.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { noteWriter } from "../view/note-writer.js";
import { rehearsalSummary, rehearsedLines } from "../view/rehearsal-lines.js";
import { renderLines } from "../view/render-lines.js";
import { writeAnswer } from "../view/write-answer.js";

/** Tries versions on a scratch database or a live shard, and prints what became of each as soon as it is known. */
export async function rehearseAction(
  request: RehearsalRequest,
  context: ActionContext,
): Promise<number> {
  const { settings, stdout, cwd } = context;
  const { json, quiet, verbose } = settings;
  await refuseOtherThanJson("rehearse", settings.report);
  const where = "shard" in request ? "live" : "scratch";
  const lines = (version: RehearsedVersion) => rehearsedLines(version, { verbose, where });
  const options = {
    ...(await clusterOptions(context)),
    env: fileEnvironment(context),
    lockTimeoutMs: settings.lockTimeoutMs,
    onNote: noteWriter(context),
    onVersion(version: RehearsedVersion) {
      if (!json && !quiet) {
        stdout.write(renderLines(lines(version), stdout));
      }
    },
  };
  const { scratch, shell, statementTimeoutMs } = settings;
  const rehearsal: RehearsalReport =
    "shard" in request
      ? await rehearseOnShard({ ...options, ...request, statementTimeoutMs })
      : await rehearse({ ...options, ...request, scratch, allowShell: shell, folder: cwd });
  const answer = { type: "rehearsal", ...rehearsal };
  if (json || !(quiet && rehearsal.outcome === "ok")) {
    writeAnswer(context, answer, () => [
      ...(quiet ? rehearsal.versions.flatMap(lines) : []),
      ...rehearsalSummary(rehearsal),
    ]);
  }
  await writeJsonReports(settings.report, answer);
  return answerStatus[rehearsal.outcome];
}
