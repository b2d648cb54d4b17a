import { pauseRun } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { pauseLines } from "../view/pause-lines.js";
import { renderLines } from "../view/render-lines.js";

/** Asks the runs that are at work to pause, and prints which have heard it. */
export async function pauseAction(context: ActionContext): Promise<number> {
  const { settings, stdout } = context;
  const found = await pauseRun({ ...(await clusterOptions(context)), onNote: noteWriter(context) });
  if (settings.json) {
    stdout.write(jsonLine({ type: "pause", ...found }));
  } else if (!settings.quiet) {
    stdout.write(renderLines(pauseLines(found), stdout));
  }
  return found.outcome === "asked" ? exitStatus.done : exitStatus.answeredNo;
}
