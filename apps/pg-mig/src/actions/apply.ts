import { apply } from "@pg-mig/migrate";
import { PgMigError } from "@pg-mig/model";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { atNodesOf, readPlan } from "../plan-place.js";
import { runOptions } from "../run-options.js";
import { showRun } from "../show-run.js";

/**
 * Applies what is pending, or what the plan in a file has; after full success calls the `after` hooks of the
 * config files.
 */
export async function applyAction(given: ActionContext, plan?: string): Promise<number> {
  const planned = plan === undefined ? undefined : await readPlan(plan, given);
  const context = planned === undefined ? given : atNodesOf(planned, given);
  const { interruption, settings } = context;
  const { createDatabase, after, rollout, wave } = settings;
  const waves = rollout?.waves;
  const run = apply({ ...(await runOptions(context)), createDatabase, waves, wave, planned });
  const status = await showRun(run, context);
  if (status === exitStatus.done) {
    await interruption.leaveAtOnceDuring(() => callAfterHooks(after));
  }
  return status;
}

async function callAfterHooks(hooks: readonly (() => unknown)[]): Promise<void> {
  for (const after of hooks) {
    try {
      await after();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PgMigError(`The function "after" failed: ${reason}`, {
        code: "AFTER_HOOK_FAILED",
        hint: "All versions are applied. Fix the function and run again: that calls it again.",
        cause: error,
      });
    }
  }
}
