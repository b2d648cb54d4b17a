import { history } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { historyLines } from "../view/history-lines.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { renderLines } from "../view/render-lines.js";

/** Prints when each version was applied, and which runs there were. Changes nothing. */
export async function historyAction(context: ActionContext): Promise<number> {
  const { settings, stdout } = context;
  const { journal } = settings;
  const options = { ...(await clusterOptions(context)), journal, onNote: noteWriter(context) };
  const found = await history(options);
  stdout.write(
    settings.json
      ? jsonLine({ type: "history", ...found })
      : renderLines(historyLines(found), stdout),
  );
  return exitStatus.done;
}
