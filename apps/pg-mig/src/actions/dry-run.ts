import { dryRun } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { atNodesOf, readPlan, refusePlanPlace, writePlan } from "../plan-file.js";
import { runOptions } from "../run-options.js";
import { noteWriter } from "../view/note-writer.js";
import { plannedRunLines } from "../view/planned-run-lines.js";
import { writeAnswer } from "../view/write-answer.js";

/** Prints what an apply, or the undo of a version, would do. Changes nothing. */
export async function dryRunAction(
  {
    check = false,
    out,
    plan,
    ...request
  }: {
    readonly undo: string | undefined;
    readonly sql: boolean;
    /** Whether the exit status tells if there is anything to do. @default false */
    readonly check?: boolean;
    /** The file in which the plan is kept. @default none */
    readonly out?: string | undefined;
    /** The file of the plan that is looked at. @default all that is pending */
    readonly plan?: string | undefined;
  },
  given: ActionContext,
): Promise<number> {
  if (out !== undefined) {
    await refusePlanPlace(out, given);
  }
  const known = plan === undefined ? undefined : await readPlan(plan, given);
  const context = known === undefined ? given : atNodesOf(known, given);
  const { settings } = context;
  const onNote = noteWriter(context);
  const { file, ...planned } = await dryRun({
    ...(await runOptions(context)),
    createDatabase: settings.createDatabase,
    ...request,
    planned: known,
    waves: settings.rollout?.waves,
    file: out !== undefined,
    onNote,
  });
  if (out !== undefined && file !== undefined) {
    await writePlan(out, file, context);
    onNote(`The plan is in ${out}. pg-mig apply --plan=${out} carries it out.`);
  }
  const isDone = planned.chains.length === 0 && planned.hooks.length === 0;
  if (!(check && isDone && settings.quiet)) {
    writeAnswer(context, { type: "plan", ...planned }, () => plannedRunLines(planned));
  }
  return check && !isDone ? exitStatus.answeredNo : exitStatus.done;
}
