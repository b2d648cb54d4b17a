import { drift } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { answerStatus } from "../answer-status.js";
import { type DriftFlags, parseDriftFlags } from "../drift-flags.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { driftLines } from "../view/drift-lines.js";
import { noteWriter } from "../view/note-writer.js";
import { writeAnswer } from "../view/write-answer.js";

/** Compares shards that ought to be alike, and prints what differs. Changes nothing. */
export async function driftAction(flags: DriftFlags, context: ActionContext): Promise<number> {
  const { settings, cwd } = context;
  await refuseOtherThanJson("drift", settings.report);
  const found = await drift({
    ...parseDriftFlags(flags),
    ...(await clusterOptions(context)),
    lockTimeoutMs: settings.lockTimeoutMs,
    scratch: settings.scratch,
    folder: cwd,
    env: fileEnvironment(context),
    allowShell: settings.shell,
    onNote: noteWriter(context),
  });
  const answer = { type: "drift", ...found };
  if (!(settings.quiet && found.outcome === "alike")) {
    writeAnswer(context, answer, () => driftLines(found));
  }
  await writeJsonReports(settings.report, answer);
  return answerStatus[found.outcome];
}
