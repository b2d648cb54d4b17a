import { history } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { historyLines } from "../view/history-lines.js";
import { noteWriter } from "../view/note-writer.js";
import { writeAnswer } from "../view/write-answer.js";

/** Prints when each version was applied, and which runs there were. Changes nothing. */
export async function historyAction(context: ActionContext): Promise<number> {
  const { journal } = context.settings;
  const options = { ...(await clusterOptions(context)), journal, onNote: noteWriter(context) };
  const found = await history(options);
  writeAnswer(context, { type: "history", ...found }, () => historyLines(found));
  return exitStatus.done;
}
