import { pauseRun } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { noteWriter } from "../view/note-writer.js";
import { pauseLines } from "../view/pause-lines.js";
import { writeAnswer } from "../view/write-answer.js";

/** Asks the runs that are at work to pause, and prints which have heard it. */
export async function pauseAction(context: ActionContext): Promise<number> {
  const { json, quiet } = context.settings;
  const found = await pauseRun({ ...(await clusterOptions(context)), onNote: noteWriter(context) });
  if (json || !quiet) {
    writeAnswer(context, { type: "pause", ...found }, () => pauseLines(found));
  }
  return found.outcome === "asked" ? exitStatus.done : exitStatus.answeredNo;
}
