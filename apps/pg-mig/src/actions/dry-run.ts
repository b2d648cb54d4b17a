import { dryRun } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { runOptions } from "../run-options.js";
import { printable } from "../view/display-width.js";
import { jsonLine } from "../view/json-line.js";
import { plannedRunLines } from "../view/planned-run.js";
import { spelledOut } from "../view/setting-spelling.js";
import { renderLines } from "../view/styled-line.js";

/** Prints what an apply, or the undo of a version, would do. Changes nothing. */
export async function dryRunAction(
  request: { readonly undo: string | undefined; readonly sql: boolean },
  context: ActionContext,
): Promise<number> {
  const { settings, stdout, stderr } = context;
  const planned = await dryRun({
    ...(await runOptions(context)),
    ...request,
    onNote: (message) => stderr.write(`note: ${printable(spelledOut(message))}\n`),
  });
  const text = settings.json
    ? jsonLine({ type: "plan", ...planned })
    : renderLines(plannedRunLines(planned), stdout);
  stdout.write(text);
  return exitStatus.done;
}
