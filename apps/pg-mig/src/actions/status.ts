import { type ClusterStatus, status } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { noteWriter } from "../view/note-writer.js";
import { statusLines } from "../view/status-lines.js";
import { writeAnswer } from "../view/write-answer.js";

/** Prints the map of versions. Changes nothing. With `check` the exit status tells whether all is done. */
export async function statusAction(
  { check }: { readonly check: boolean },
  context: ActionContext,
): Promise<number> {
  const { settings } = context;
  const found = await status({
    ...(await clusterOptions(context)),
    waves: settings.rollout?.waves,
    onNote: noteWriter(context),
  });
  const isDone = isAllDone(found);
  if (!(check && isDone && settings.quiet)) {
    writeAnswer(context, { type: "status", ...found }, () => statusLines(found));
  }
  return check && !isDone ? exitStatus.answeredNo : exitStatus.done;
}

/** Whether nothing is pending, edited or unfinished, and every shard fits the versions on disk. */
function isAllDone({ edited, nodes }: ClusterStatus): boolean {
  return (
    edited.length === 0 &&
    nodes.every(
      ({ lastRun, shards }) =>
        lastRun !== "unfinished" &&
        shards.every(({ pending, violation }) => pending.length === 0 && violation === undefined),
    )
  );
}
