import { dryRun } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { runOptions } from "../run-options.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { plannedRunLines } from "../view/planned-run.js";
import { renderLines } from "../view/render-lines.js";

/** Prints what an apply, or the undo of a version, would do. Changes nothing. */
export async function dryRunAction(
  {
    check = false,
    ...request
  }: {
    readonly undo: string | undefined;
    readonly sql: boolean;
    /** Whether the exit status tells if there is anything to do. @default false */
    readonly check?: boolean;
  },
  context: ActionContext,
): Promise<number> {
  const { settings, stdout } = context;
  const planned = await dryRun({
    ...(await runOptions(context)),
    createDatabase: settings.createDatabase,
    ...request,
    onNote: noteWriter(context),
  });
  const isDone = planned.chains.length === 0 && planned.hooks.length === 0;
  if (!(check && isDone && settings.quiet)) {
    stdout.write(
      settings.json
        ? jsonLine({ type: "plan", ...planned })
        : renderLines(plannedRunLines(planned), stdout),
    );
  }
  return check && !isDone ? exitStatus.answeredNo : exitStatus.done;
}
