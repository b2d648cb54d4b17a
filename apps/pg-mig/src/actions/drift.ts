import { drift } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { type DriftFlags, parseDriftFlags } from "../drift-flags.js";
import { exitStatus } from "../exit-status.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { driftLines } from "../view/drift-lines.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { renderLines } from "../view/render-lines.js";

const statuses = {
  alike: exitStatus.done,
  drift: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;

/** Compares shards that ought to be alike, and prints what differs. Changes nothing. */
export async function driftAction(flags: DriftFlags, context: ActionContext): Promise<number> {
  const { settings, stdout, cwd } = context;
  const { report } = settings;
  await refuseOtherThanJson("drift", report);
  const found = await drift({
    ...parseDriftFlags(flags),
    ...(await clusterOptions(context)),
    lockTimeoutMs: settings.lockTimeoutMs,
    scratch: settings.scratch,
    folder: cwd,
    env: fileEnvironment(context),
    allowShell: settings.shell,
    onNote: noteWriter(context),
  });
  if (!(settings.quiet && found.outcome === "alike")) {
    stdout.write(
      settings.json
        ? jsonLine({ type: "drift", ...found })
        : renderLines(driftLines(found), stdout),
    );
  }
  await writeJsonReports(report, { type: "drift", ...found });
  return statuses[found.outcome];
}
