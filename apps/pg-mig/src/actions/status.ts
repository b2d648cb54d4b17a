import { type ClusterStatus, status } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { statusLines } from "../view/status-lines.js";
import { renderLines } from "../view/styled-line.js";

/** Prints the map of versions. Changes nothing. */
export async function statusAction(context: ActionContext): Promise<number> {
  const { settings, stdout, stderr } = context;
  const found: ClusterStatus = await status({
    ...(await clusterOptions(context)),
    onNote: (message) => stderr.write(`note: ${message}\n`),
  });
  const text = settings.json
    ? `${JSON.stringify({ type: "status", ...found })}\n`
    : renderLines(statusLines(found), stdout);
  stdout.write(text);
  return exitStatus.done;
}
