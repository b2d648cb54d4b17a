import { type ClusterStatus, status } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { printable } from "../view/display-width.js";
import { jsonLine } from "../view/json-line.js";
import { spelledOut } from "../view/setting-spelling.js";
import { statusLines } from "../view/status-lines.js";
import { renderLines } from "../view/styled-line.js";

/** Prints the map of versions. Changes nothing. */
export async function statusAction(context: ActionContext): Promise<number> {
  const { settings, stdout, stderr } = context;
  const found: ClusterStatus = await status({
    ...(await clusterOptions(context)),
    onNote: (message) => stderr.write(`note: ${printable(spelledOut(message))}\n`),
  });
  const text = settings.json
    ? jsonLine({ type: "status", ...found })
    : renderLines(statusLines(found), stdout);
  stdout.write(text);
  return exitStatus.done;
}
