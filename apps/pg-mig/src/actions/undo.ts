import { resolve } from "node:path";
import { latest, undo, undoRun } from "@pg-mig/migrate";
import { PgMigError } from "@pg-mig/model";
import type { ActionContext } from "../action-context.js";
import { commandLineError } from "../command-line-error.js";
import { readRunToUndo } from "../report-file.js";
import { clusterOptions, runOptions } from "../run-options.js";
import { showRun } from "../show-run.js";

/** Undoes what a run has applied, by its report. */
export async function undoRunAction(path: string, context: ActionContext): Promise<number> {
  const file = resolve(context.cwd, path);
  if (context.settings.report?.includes(file)) {
    throw commandLineError(
      "--run and --report name one file: the report of the undo would replace that of the run.",
      "Name another file in --report.",
    );
  }
  const run = await readRunToUndo(file);
  return showRun(undoRun({ ...(await runOptions(context)), run }), context);
}

/** Undoes a version. Without one, tells which ones could be, and fails. */
export async function undoAction(version: string, context: ActionContext): Promise<number> {
  if (version !== "") {
    return showRun(undo({ ...(await runOptions(context)), version }), context);
  }
  const found = await latest(await clusterOptions(context));
  throw new PgMigError("Which version is to be undone?", {
    code: "UNDO_VERSION_MISSING",
    hint: "Name one that is the latest of some shards: pg-mig undo VERSION.",
    problems: found.map(({ version: name, shards }) => ({
      message: `${name} is the latest of ${shards.length} ${shards.length === 1 ? "shard" : "shards"}`,
    })),
  });
}
