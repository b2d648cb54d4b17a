import { type AdoptOptions, adopt } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { answerStatus } from "../answer-status.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { adoptionLines } from "../view/adoption-lines.js";
import { noteWriter } from "../view/note-writer.js";
import { writeAnswer } from "../view/write-answer.js";

/** Writes ledgers for shards that have objects and none, and prints which got what. */
export async function adoptAction(
  request: Pick<AdoptOptions, "as" | "purpose">,
  context: ActionContext,
): Promise<number> {
  const { settings, cwd } = context;
  const { lockTimeoutMs, retryForMs, waitMs, allowPooler, scratch, shell } = settings;
  await refuseOtherThanJson("adopt", settings.report);
  const adoption = await adopt({
    ...(await clusterOptions(context)),
    ...{ ...request, lockTimeoutMs, retryForMs, waitMs, allowPooler, scratch, folder: cwd },
    env: fileEnvironment(context),
    allowShell: shell,
    onNote: noteWriter(context),
  });
  const answer = { type: "adoption", ...adoption };
  if (settings.json || !(settings.quiet && adoption.outcome === "ok")) {
    writeAnswer(context, answer, () => adoptionLines(adoption, request.purpose ?? "run"));
  }
  await writeJsonReports(settings.report, answer);
  return answerStatus[adoption.outcome];
}
