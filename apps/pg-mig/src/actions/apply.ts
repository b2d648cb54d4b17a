import { apply, undoRun } from "@pg-mig/migrate";
import { PgMigError, wordsOf } from "@pg-mig/model";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { atNodesOf, readPlan } from "../plan-file.js";
import { reportFormat } from "../report-file.js";
import { runOptions } from "../run-options.js";
import { shortPath } from "../short-path.js";
import { showRun } from "../show-run.js";
import { noteWriter } from "../view/note-writer.js";

/**
 * Applies what is pending, or what the plan in a file has; after full success, and with the digest saved, calls the
 * `after` hooks of the config files.
 */
export async function applyAction(given: ActionContext, plan?: string): Promise<number> {
  const planned = plan === undefined ? undefined : await readPlan(plan, given);
  const context = planned === undefined ? given : atNodesOf(planned, given);
  const { interruption, settings } = context;
  const { createDatabase, after, rollout, wave } = settings;
  const waves = rollout?.waves;
  const options = await runOptions(context);
  const run = apply({ ...options, createDatabase, waves, wave, planned });
  const status = await showRun(run, context);
  const report = await run.result;
  if (
    status === exitStatus.failed &&
    report.stoppedFor !== undefined &&
    rollout?.onStop === "undo"
  ) {
    noteWriter(context)(
      `Undoing what this run has applied (rollout.onStop). If that is not finished, ${finishesBy(context)}.`,
    );
    // The files are of the apply: they say what is to be undone, also if this is killed.
    const undone = await showRun(
      undoRun({ ...options, run: report, stopAt: undefined }),
      context,
      [],
    );
    return undone === interruption.exitStatus ? undone : status;
  }
  if (status === exitStatus.done && report.partial === undefined) {
    await interruption.leaveAtOnceDuring(() => callAfterHooks(after));
  }
  return status;
}

/** How what is left of an undo is done. */
function finishesBy({ settings, cwd }: ActionContext): string {
  const file = settings.report?.find((path) => reportFormat(path) === ".json");
  return file === undefined
    ? "undo the versions one by one; with --report=FILE.json, undo --run=FILE.json finishes it"
    : `pg-mig undo --run=${shortPath(file, cwd)} finishes it`;
}

async function callAfterHooks(hooks: readonly (() => unknown)[]): Promise<void> {
  for (const after of hooks) {
    try {
      await after();
    } catch (error) {
      const reason = wordsOf(error);
      throw new PgMigError(`The function "after" failed: ${reason}`, {
        code: "AFTER_HOOK_FAILED",
        hint: "All versions are applied. Fix the function and run again: that calls it again.",
        cause: error,
      });
    }
  }
}
