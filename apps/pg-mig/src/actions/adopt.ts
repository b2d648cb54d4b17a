import { type AdoptOptions, adopt } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { refuseOtherThanJson, writeJsonReports } from "../json-reports.js";
import { clusterOptions, fileEnvironment } from "../run-options.js";
import { adoptionLines } from "../view/adoption-lines.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";
import { renderLines } from "../view/render-lines.js";

const statuses = {
  ok: exitStatus.done,
  failed: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;

/** Writes ledgers for shards that have objects and none, and prints which got what. */
export async function adoptAction(
  request: Pick<AdoptOptions, "as" | "purpose">,
  context: ActionContext,
): Promise<number> {
  const { settings, stdout, cwd } = context;
  const { lockTimeoutMs, retryForMs, waitMs, allowPooler, scratch, shell } = settings;
  await refuseOtherThanJson("adopt", settings.report);
  const adoption = await adopt({
    ...(await clusterOptions(context)),
    ...{ ...request, lockTimeoutMs, retryForMs, waitMs, allowPooler, scratch, folder: cwd },
    env: fileEnvironment(context),
    allowShell: shell,
    onNote: noteWriter(context),
  });
  if (settings.json) {
    stdout.write(jsonLine({ type: "adoption", ...adoption }));
  } else if (!(settings.quiet && adoption.outcome === "ok")) {
    stdout.write(renderLines(adoptionLines(adoption, request.purpose ?? "run"), stdout));
  }
  await writeJsonReports(settings.report, { type: "adoption", ...adoption });
  return statuses[adoption.outcome];
}
